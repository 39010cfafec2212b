/* Whether the record is shared between the centres, and with whom it is not. */
import type { Consent } from 'fhir/r4';
import { useEffect, useState } from 'react';
import { roleKey, roles } from '../app/roles';
import type { Session } from '../app/session';
import { useStepUp } from '../app/StepUp';
import { act, search } from '../fhir/client';
import { refresh, useQuery } from '../fhir/query';
import { CarersPanel } from '../glass/CarersPanel';
import { useText } from '../i18n';
import { showDate } from '../i18n/format';
import { Button, Note, Panel, say, SelectField, Show } from '../ui';

const system = 'urn:aceso:consent';
const isKind = (consent: Consent, kind: string) => consent.category.some((each) => each.coding?.some((one) => one.system === system && one.code === kind));

function readConsents(patientId: string, signal: AbortSignal): Promise<Consent[]> {
  return search<Consent>('Consent', `patient=${patientId}&status=active&_count=100`, signal).then((page) => page.items);
}

/* Whom a block keeps out: a person by name, or a profession. */
function blockedOf(consent: Consent): { profession: string | null; name: string } {
  const reference = consent.provision?.actor?.[0]?.reference;
  const profession = reference?.identifier?.system === 'urn:aceso:profession' ? (reference.identifier.value ?? null) : null;
  return { profession, name: reference?.display ?? '' };
}

export default function ConsentsPage({ session }: { session: Session }) {
  const t = useText();
  const patientId = session.reference?.startsWith('Patient/') ? session.reference.slice('Patient/'.length) : null;
  useEffect(() => {
    document.title = `${t.places.consents} – Aceso`;
  }, [t]);
  return (
    <div className="page door">
      <h1>{t.places.consents}</h1>
      {patientId ? (
        <>
          <Consents patientId={patientId} />
          <CarersPanel patientId={patientId} session={session} />
        </>
      ) : <Note icon="shield" title={t.failures.forbidden} />}
    </div>
  );
}

function Consents({ patientId }: { patientId: string }) {
  const t = useText();
  const stepUp = useStepUp();
  const key = `${patientId} consents`;
  const query = useQuery(key, (signal) => readConsents(patientId, signal));
  const [profession, setProfession] = useState<string>('physio');
  const run = (name: string, given: Record<string, string>) =>
    void stepUp(() => act(`Patient/${patientId}/${name}`, given)).then(
      () => {
        refresh((each) => each === key);
        say({ text: t.consents.done });
      },
      () => say({ text: t.app.notDone, tone: 'bad' }),
    );
  return (
    <Show query={query} rows={6}>
      {(consents) => {
        const shares = consents.some((each) => isKind(each, 'network') && each.provision?.type === 'permit');
        const blocks = consents.filter((each) => isKind(each, 'block'));
        return (
          <>
            <Panel title={t.consents.network}>
              <p>{shares ? t.consents.on : t.consents.off}</p>
              <p className="soft">{shares ? t.consents.onHelp : t.consents.offHelp}</p>
              <div className="rows-end">
                <Button onClick={() => run('$consent', { decision: shares ? 'deny' : 'permit' })}>{shares ? t.consents.stop : t.consents.start}</Button>
              </div>
            </Panel>
            <Panel title={t.consents.blocks} count={blocks.length}>
              <ul className="rows">
                {blocks.map((each) => {
                  const blocked = blockedOf(each);
                  const name = blocked.profession ? t.roles[roleKey(blocked.profession)] : blocked.name;
                  return (
                    <li key={each.id}>
                      <span>
                        <strong>{name}</strong>
                        {each.dateTime ? <span className="line-more digits">{showDate(each.dateTime)}</span> : null}
                      </span>
                      <Button kind="plain" label={`${t.consents.unblock}: ${name}`} onClick={() => run('$unblock', { block: `Consent/${each.id}` })}>
                        {t.consents.unblock}
                      </Button>
                    </li>
                  );
                })}
              </ul>
              {blocks.length === 0 ? <p className="soft">{t.consents.noBlocks}</p> : null}
              <div className="inline-form">
                <SelectField
                  label={t.consents.whom}
                  value={profession}
                  onChange={setProfession}
                  options={roles.filter((each) => !['patient', 'proxy', 'admin', 'auditor'].includes(each)).map((each) => ({ value: each, text: t.roles[each] }))}
                />
                <Button onClick={() => run('$block', { profession })}>{t.consents.block}</Button>
              </div>
              <p className="field-help">{t.consents.blockHelp}</p>
            </Panel>
          </>
        );
      }}
    </Show>
  );
}
