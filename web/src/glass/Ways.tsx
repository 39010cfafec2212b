/* The quiet ways to the form: under a search, and in a chart. They stand there whatever was found
 * and whatever a chart holds, so that they tell nothing. */
import { Link } from '../app/Link';
import { glassPath, strangerPath } from '../app/router';
import { useSession, type Session } from '../app/session';
import { useQuery } from '../fhir/query';
import { useText } from '../i18n';
import { Icon } from '../ui';
import { glassKey, mayLink, readGlass } from './data';

export function StrangerWay({ onFollow }: { onFollow?: (() => void) | undefined }) {
  const t = useText();
  const state = useSession();
  if ((state.phase !== 'in' && state.phase !== 'locked') || !mayLink(state.session)) return null;
  return (
    <p className="glass-way">
      <Link href={strangerPath} onClick={onFollow}>
        {t.glass.way}
      </Link>
    </p>
  );
}

export function GlassWay({ patientId, session }: { patientId: string; session: Session }) {
  return session.breaksGlass && session.reference ? <WayHere patientId={patientId} who={session.reference} /> : null;
}

function WayHere({ patientId, who }: { patientId: string; who: string }) {
  const t = useText();
  const query = useQuery(glassKey(patientId), (signal) => readGlass(patientId, who, signal));
  if (query.state === 'ready' && query.data) return null;
  return (
    <p className="glass-way no-print">
      <Icon name="lock" size={18} /> <span>{t.glass.wayHere}</span> <Link href={glassPath(patientId)}>{t.glass.hereTitle}</Link>
    </p>
  );
}
