/* The record as a patient reads it: what is the matter, what to take and when, what the last
 * results say, in words. Everything else is behind the tabs. */
import type { FhirResource, Parameters, ParametersParameter } from 'fhir/r4';
import { bySeverity, isCurrent, saysNone } from '../chart/allergy';
import { useAllergies, useLaboratory, useProblems } from '../chart/data';
import { readJson } from '../fhir/client';
import { measureText, seriesOf, worstFlag, type Series } from '../fhir/measure';
import { useQuery } from '../fhir/query';
import { hasCode, wordsOf } from '../fhir/read';
import { useSpeech } from '../i18n';
import { showDate } from '../i18n/format';
import { Note, Panel, Show, Table } from '../ui';

interface Taken {
  group: string;
  name: string;
  sentence: string;
  reason: string;
  times: string[];
}

const dayParts = ['morning', 'noon', 'evening', 'night'] as const;

function textOf(parameter: ParametersParameter, name: string): string {
  const part = parameter.part?.find((each) => each.name === name);
  const value = part?.valueString ?? part?.valueCode ?? part?.valueDecimal;
  return value === undefined ? '' : String(value);
}

async function readTaken(patientId: string, language: string, signal: AbortSignal): Promise<Taken[]> {
  const answer = (await readJson<FhirResource>(`Patient/${patientId}/$medicines?language=${language}`, signal)) as Parameters;
  return (answer.parameter ?? [])
    .filter((each) => each.name === 'medicine')
    .map((each) => ({
      group: textOf(each, 'group'),
      name: textOf(each, 'name'),
      sentence: textOf(each, 'sentence'),
      reason: textOf(each, 'reason'),
      times: dayParts.map((part) => textOf(each, part)),
    }));
}

export function PlainRecord({ patientId }: { patientId: string }) {
  return (
    <div className="plain">
      <Medicines patientId={patientId} />
      <Problems patientId={patientId} />
      <Allergies patientId={patientId} />
      <Results patientId={patientId} />
    </div>
  );
}

function Medicines({ patientId }: { patientId: string }) {
  const { t, language } = useSpeech();
  const query = useQuery(`${patientId} taken ${language}`, (signal) => readTaken(patientId, language, signal));
  return (
    <Panel title={t.plain.medicines}>
      <Show query={query}>
        {(all) => {
          const daily = all.filter((each) => each.group === 'daily');
          const others = all.filter((each) => each.group === 'other' || each.group === 'as-needed');
          if (daily.length + others.length === 0) return <Note title={t.medicines.noneActive} />;
          return (
            <>
              {daily.length > 0 ? (
                <Table title={t.plain.medicines} heads={[t.medicines.name, ...dayParts.map((part) => t.plain.parts[part])]}>
                  {daily.map((each) => (
                    <tr key={each.name}>
                      <th scope="row">
                        {each.name}
                        <span className="line-more">{[each.sentence, each.reason].filter(Boolean).join(' · ')}</span>
                      </th>
                      {each.times.map((time, at) => (
                        <td key={dayParts[at]} className="digits plain-time">
                          {time}
                        </td>
                      ))}
                    </tr>
                  ))}
                </Table>
              ) : null}
              <ul className="lines">
                {others.map((each) => (
                  <li key={each.name} className="line">
                    <span className="line-main">
                      <strong>{each.name}</strong>
                      <span className="line-more">{[each.sentence, each.reason].filter(Boolean).join(' · ')}</span>
                    </span>
                  </li>
                ))}
              </ul>
            </>
          );
        }}
      </Show>
    </Panel>
  );
}

function Problems({ patientId }: { patientId: string }) {
  const { t } = useSpeech();
  const query = useProblems(patientId);
  return (
    <Panel title={t.plain.problems}>
      <Show query={query}>
        {(page) => {
          const active = page.items.filter((each) => !hasCode(each.verificationStatus, 'entered-in-error', 'refuted') && !hasCode(each.clinicalStatus, 'inactive', 'resolved'));
          if (active.length === 0) return <Note title={t.problems.noneActive} />;
          return (
            <ul className="lines">
              {active.map((each) => (
                <li key={each.id} className="line">
                  <span className="line-main">{wordsOf(each.code) ?? t.chart.noText}</span>
                  <span className="line-side">{each.onsetDateTime ? t.plain.since(showDate(each.onsetDateTime)) : ''}</span>
                </li>
              ))}
            </ul>
          );
        }}
      </Show>
    </Panel>
  );
}

function Allergies({ patientId }: { patientId: string }) {
  const { t } = useSpeech();
  const query = useAllergies(patientId);
  return (
    <Panel title={t.plain.allergies}>
      <Show query={query} rows={2}>
        {(page) => {
          const real = page.items.filter(isCurrent).filter((each) => !saysNone(each)).sort(bySeverity);
          if (real.length === 0) return <Note title={t.allergies.none} />;
          return <p className="plain-words">{real.map((each) => wordsOf(each.code) ?? t.chart.noText).join(', ')}</p>;
        }}
      </Show>
    </Panel>
  );
}

function Results({ patientId }: { patientId: string }) {
  const { t, language } = useSpeech();
  const query = useLaboratory(patientId, 200);
  const said = (series: Series) => {
    const flag = worstFlag(series.measures[0]);
    return flag === null ? t.plain.usual : t.plain.unusual(t.results[flag]);
  };
  return (
    <Panel title={t.plain.results}>
      <Show query={query}>
        {(page) => {
          const series = seriesOf(page.items, t, language).slice(0, 10);
          if (series.length === 0) return <Note title={t.results.none} />;
          return (
            <ul className="lines">
              {series.map((each) => (
                <li key={each.key} className="line">
                  <span className="line-main">
                    {each.name}
                    <span className="line-more">{each.measures[0] ? said(each) : ''}</span>
                  </span>
                  <span className="line-side digits">
                    <strong>{each.measures[0] ? measureText(each.measures[0]) : ''}</strong> {each.unit}
                    <span className="line-more">{showDate(each.measures[0]?.date)}</span>
                  </span>
                </li>
              ))}
            </ul>
          );
        }}
      </Show>
      <p className="field-help">{t.plain.ask}</p>
    </Panel>
  );
}
