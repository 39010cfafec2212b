/* Who is next: whoever is in, else who has waited longest, else who comes first. */
import { Link } from '../app/Link';
import { chartPath, consultPath, go } from '../app/router';
import { byTime, type Visit } from '../care/visit';
import { readPatient } from '../fhir/client';
import { useQuery } from '../fhir/query';
import { ageOf, sexOf } from '../fhir/read';
import { useText } from '../i18n';
import { showMinute } from '../i18n/format';
import { Button, Icon, Panel } from '../ui';

function nextOf(visits: Visit[]): Visit | null {
  const sorted = [...visits].sort(byTime);
  for (const step of ['inside', 'arrived', 'booked'] as const) {
    const found = sorted.find((each) => each.step === step && each.patientId);
    if (found) return found;
  }
  return null;
}

function Facts({ patientId }: { patientId: string }) {
  const t = useText();
  const query = useQuery(`${patientId} Patient`, (signal) => readPatient(patientId, signal));
  return query.state === 'ready' ? <p className="soft">{[sexOf(query.data, t), ageOf(query.data, t)].filter(Boolean).join(', ')}</p> : null;
}

export function NextPatient({ visits }: { visits: Visit[] }) {
  const t = useText();
  const visit = nextOf(visits);
  if (!visit?.patientId) return null;
  const { patientId } = visit;
  return (
    <Panel title={t.today.nextPatient} className="next">
      <p className="next-time digits">{showMinute(visit.from)}</p>
      <p className="next-name">
        <Link href={chartPath(patientId)}>{visit.patient}</Link>
      </p>
      <Facts patientId={patientId} />
      {visit.reason ? <p className="next-why">{visit.reason}</p> : null}
      <p className={`step step-${visit.step}`}>{t.steps[visit.step]}</p>
      <Button kind="primary" wide icon={<Icon name="pen" size={18} />} onClick={() => go(consultPath(patientId))}>
        {t.consult.start}
      </Button>
    </Panel>
  );
}
