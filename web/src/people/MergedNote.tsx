/* On a record that lives on in another one: where to, and since when. On any other: whether
 * somebody else may be the same person, for those who can see to it. */
import type { Patient } from 'fhir/r4';
import { Link } from '../app/Link';
import { chartPath } from '../app/router';
import { useQuery } from '../fhir/query';
import { useText } from '../i18n';
import { showDateTime } from '../i18n/format';
import { Icon } from '../ui';
import { duplicatesKey, readDuplicates, successorOf } from './twins';

export function MergedNote({ patient }: { patient: Patient }) {
  const t = useText();
  const successor = successorOf(patient);
  if (!successor) return null;
  return (
    <p className="chart-notice" role="status">
      <Icon name="alert" size={18} />
      <span>
        {t.twins.livesOn(showDateTime(patient.meta?.lastUpdated))} <Link href={chartPath(successor)}>{t.twins.openOther}</Link>
      </span>
    </p>
  );
}

/* Quiet while nothing is known, and for what is only possible. */
export function TwinNotice({ patientId }: { patientId: string }) {
  const t = useText();
  const query = useQuery(duplicatesKey(patientId), (signal) => readDuplicates(patientId, signal));
  const likely = query.state === 'ready' ? query.data.filter((each) => each.grade !== 'possible').length : 0;
  if (likely === 0) return null;
  return (
    <p className="chart-notice" role="status">
      <Icon name="people" size={18} />
      <span>
        {t.twins.perhaps(likely)} <Link href={chartPath(patientId, 'duplicates')}>{t.twins.compare}</Link>
      </span>
    </p>
  );
}
