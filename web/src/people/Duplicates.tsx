/* Who may be the same person as the one of this chart, both side by side, one record of two, and
 * the way back. */
import type { Patient } from 'fhir/r4';
import { useState } from 'react';
import { Link } from '../app/Link';
import { chartPath, go } from '../app/router';
import { readPatient } from '../fhir/client';
import { Failure } from '../fhir/failure';
import { useQuery } from '../fhir/query';
import { displayOf, nameText, nationalNumberOf, phonesOf, sexOf, wordsOf } from '../fhir/read';
import { useText } from '../i18n';
import type { Messages } from '../i18n/fr';
import { showDate, showDateTime, showNationalNumber } from '../i18n/format';
import { PickPatient } from '../patients/PickPatient';
import { Button, Icon, Note, Panel, say, Show, Table } from '../ui';
import { factsOf, Grade, reasonText, word } from './TwinFacts';
import { duplicatesKey, merge, mergedInto, readDuplicates, readPreview, unmerge, type Preview } from './twins';

export default function Duplicates({ patient, patientId }: { patient: Patient; patientId: string }) {
  const t = useText();
  const query = useQuery(duplicatesKey(patientId), (signal) => readDuplicates(patientId, signal));
  const [other, setOther] = useState<string | null>(null);
  const [searching, setSearching] = useState(false);
  if (other) return <Compare key={other} here={patientId} other={other} onClose={() => setOther(null)} />;
  return (
    <>
      <Panel title={t.twins.title} count={query.state === 'ready' ? query.data.length : undefined}>
        <Show query={query} rows={4}>
          {(twins) =>
            twins.length === 0 ? (
              <Note icon="check" title={t.twins.none} />
            ) : (
              <ul className="lines">
                {twins.map((each) => (
                  <li className="twin" key={each.patient.id}>
                    <span className="line-main">
                      <span>
                        <strong>{nameText(each.patient.name, t)}</strong> <Grade twin={each} />
                      </span>
                      <span className="line-more digits">{factsOf(each.patient, t)}</span>
                      <span className="line-more soft">{each.reasons.map((reason) => reasonText(reason, t)).join(' · ')}</span>
                    </span>
                    <Button label={`${t.twins.compare}: ${nameText(each.patient.name, t)}`} onClick={() => setOther(each.patient.id ?? null)}>
                      {t.twins.compare}
                    </Button>
                  </li>
                ))}
              </ul>
            )
          }
        </Show>
        {searching ? (
          <PickPatient label={t.twins.otherName} onPick={(found) => (found.id === patientId ? undefined : setOther(found.id ?? null))} />
        ) : (
          <button type="button" className="text-button" onClick={() => setSearching(true)}>
            <Icon name="search" size={18} /> {t.twins.other}
          </button>
        )}
      </Panel>
      <Merged patient={patient} patientId={patientId} />
    </>
  );
}

/* ---- side by side */

type Pair = [Patient, Patient];

function linesOf([a, b]: Pair, t: Messages): { field: string; name: string; left: string; right: string }[] {
  const number = (each: Patient) => {
    const digits = nationalNumberOf(each);
    return digits ? showNationalNumber(digits) : '';
  };
  const mail = (each: Patient) => (each.telecom ?? []).filter((one) => one.system === 'email').map((one) => one.value).join(', ');
  const address = (each: Patient) => (each.address ?? []).filter((one) => one.use !== 'old').map((one) => [...(one.line ?? []), [one.postalCode, one.city].filter(Boolean).join(' ')].filter(Boolean).join(', ')).join('; ');
  const rows: [string, string, (each: Patient) => string][] = [
    ['name', t.twins.fields.name, (each) => nameText(each.name, t)],
    ['birthDate', t.twins.fields.birthDate, (each) => showDate(each.birthDate)],
    ['gender', t.twins.fields.gender, (each) => sexOf(each, t)],
    ['identifier', t.twins.fields.identifier, number],
    ['telecom', t.twins.fields.phone, (each) => phonesOf(each).join(', ')],
    ['telecom', t.twins.fields.email, mail],
    ['address', t.twins.fields.address, address],
    ['communication', t.nav.language, (each) => wordsOf(each.communication?.[0]?.language) ?? ''],
    ['generalPractitioner', t.twins.fields.generalPractitioner, (each) => displayOf(each.generalPractitioner?.[0]) ?? ''],
  ];
  return rows.map(([field, name, read]) => ({ field, name, left: read(a), right: read(b) })).filter((each) => each.left !== '' || each.right !== '');
}

function Compare({ here, other, onClose }: { here: string; other: string; onClose: () => void }) {
  const t = useText();
  const query = useQuery(`${here} beside ${other}`, async (signal): Promise<Pair> => Promise.all([readPatient(here, signal), readPatient(other, signal)]));
  const [kept, setKept] = useState<0 | 1>(0);
  return (
    <Panel
      title={t.twins.compareTitle}
      aside={
        <Button kind="plain" icon={<Icon name="left" size={18} />} onClick={onClose}>
          {t.twins.back}
        </Button>
      }
    >
      <Show query={query} rows={6}>
        {(pair) => (
          <>
            <fieldset className="keep">
              <legend>{t.twins.which}</legend>
              {pair.map((each, at) => (
                <label key={each.id} className="keep-side">
                  <input type="radio" name="kept" checked={kept === at} onChange={() => setKept(at as 0 | 1)} />
                  <span>
                    <strong>{nameText(each.name, t)}</strong>
                    <span className="line-more digits">{factsOf(each, t)}</span>
                    <span className="line-more soft">{at === 0 ? t.twins.thisChart : t.twins.otherChart}</span>
                  </span>
                </label>
              ))}
            </fieldset>
            <Table title={t.twins.compareTitle} className="beside" heads={[<span className="hidden">{t.twins.field}</span>, t.twins.thisChart, t.twins.otherChart]}>
              {linesOf(pair, t).map((each) => {
                const differs = each.left !== '' && each.right !== '' && each.left !== each.right;
                return (
                  <tr key={each.name} className={differs ? 'differs' : undefined}>
                    <th scope="row">
                      {each.name}
                      {differs ? <span className="tag tag-warn">{t.twins.differs}</span> : null}
                    </th>
                    <td className="digits">{each.left || '–'}</td>
                    <td className="digits">{each.right || '–'}</td>
                  </tr>
                );
              })}
            </Table>
            <Before pair={pair} kept={kept} onDone={onClose} />
          </>
        )}
      </Show>
    </Panel>
  );
}

/* ---- what would happen */

/* Several kinds that have one word are counted together. */
function movesText(preview: Preview, t: Messages): string[] {
  const kinds: Record<string, string> = t.twins.kinds;
  const counts = new Map<string, number>();
  for (const { type, count } of preview.moves) counts.set(kinds[type] ?? t.twins.kinds.other, (counts.get(kinds[type] ?? t.twins.kinds.other) ?? 0) + count);
  return [...counts].map(([name, count]) => `${name}: ${count}`);
}

function Before({ pair, kept, onDone }: { pair: Pair; kept: 0 | 1; onDone: () => void }) {
  const t = useText();
  const target = pair[kept].id ?? '';
  const source = pair[kept === 0 ? 1 : 0].id ?? '';
  const query = useQuery(`merging ${target} ${source}`, (signal) => readPreview(source, target, signal));
  const [busy, setBusy] = useState(false);
  const name = nameText(pair[kept].name, t);
  const back = () =>
    void unmerge(source, target).then(
      () => say({ text: t.twins.takenBack }),
      () => say({ text: t.app.notDone, tone: 'bad' }),
    );

  async function run() {
    setBusy(true);
    try {
      await merge(source, target);
      say({ text: t.twins.merged(name), undo: back });
      onDone();
      go(chartPath(target, 'duplicates'));
    } catch (error) {
      const { kind } = Failure.from(error);
      say({ text: kind === 'forbidden' ? t.twins.mayNot : kind === 'refused' ? t.twins.refused : t.app.notDone, tone: 'bad' });
      setBusy(false);
    }
  }

  return (
    <section className="before" aria-label={t.twins.before}>
      <h3>{t.twins.before}</h3>
      {query.state === 'failed' && ['forbidden', 'refused'].includes(query.failure.kind) ? (
        <div role="alert">
          <Note icon="lock" title={query.failure.kind === 'forbidden' ? t.twins.mayNot : t.twins.refused} />
        </div>
      ) : (
        <Show query={query} rows={4}>
          {(preview) => (
            <>
              <Happens preview={preview} t={t} />
              <div className="rows-end">
                <Button kind="primary" busy={busy} onClick={() => void run()}>
                  {t.twins.merge(name)}
                </Button>
                <Button kind="plain" onClick={onDone}>
                  {t.twins.notSame}
                </Button>
              </div>
              <p className="field-help">{t.twins.reversible}</p>
            </>
          )}
        </Show>
      )}
    </section>
  );
}

function Happens({ preview, t }: { preview: Preview; t: Messages }) {
  const moves = movesText(preview, t);
  const fields = (names: string[]) => [...new Set(names.map((each) => word(t.twins.fields, each)))].join(', ');
  return (
    <ul className="happens">
      <li>{moves.length > 0 ? t.twins.moves(moves.join(' · ')) : t.twins.movesNone}</li>
      {preview.fills.length > 0 ? <li>{t.twins.fills(fields(preview.fills))}</li> : null}
      {preview.conflicts.length > 0 ? (
        <li className="warn">
          <Icon name="alert" size={18} /> {t.twins.conflicts(fields(preview.conflicts))}
        </li>
      ) : null}
      {preview.gains.length > 0 ? <li>{t.twins.gains(preview.gains.join(', '))}</li> : null}
      {preview.consent === 'asked-again' ? (
        <li className="warn">
          <Icon name="alert" size={18} /> {t.twins.askedAgain}
        </li>
      ) : null}
    </ul>
  );
}

/* ---- what was done, and the way back */

function Merged({ patient, patientId }: { patient: Patient; patientId: string }) {
  const t = useText();
  const sources = mergedInto(patient);
  if (sources.length === 0) return null;
  return (
    <Panel title={t.twins.mergedHere} count={sources.length}>
      <ul className="rows">
        {sources.map((each) => (
          <MergedRow key={each} source={each} target={patientId} />
        ))}
      </ul>
    </Panel>
  );
}

/* The record that went in was written last when it was merged. */
function MergedRow({ source, target }: { source: string; target: string }) {
  const t = useText();
  const query = useQuery(`${source} Patient`, (signal) => readPatient(source, signal));
  const [busy, setBusy] = useState(false);
  const found = query.state === 'ready' ? query.data : null;
  const name = found ? nameText(found.name, t) : '';
  const back = () => {
    setBusy(true);
    unmerge(source, target).then(
      (stays) => say({ text: stays > 0 ? t.twins.takenBackBut(stays) : t.twins.takenBack }),
      () => {
        setBusy(false);
        say({ text: t.app.notDone, tone: 'bad' });
      },
    );
  };
  return (
    <li>
      <span>
        <Link href={chartPath(source)}>{name || t.twins.otherChart}</Link>
        {found?.meta?.lastUpdated ? <span className="line-more digits">{t.twins.mergedAt(showDateTime(found.meta.lastUpdated))}</span> : null}
      </span>
      <Button busy={busy} label={`${t.twins.takeBack}: ${name}`} onClick={back}>
        {t.twins.takeBack}
      </Button>
    </li>
  );
}
