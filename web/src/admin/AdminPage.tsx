/* What an administrator looks after: who may see what and why, the hours, the services. */
import { useEffect } from 'react';
import { Link } from '../app/Link';
import { adminParts, type AdminPart } from '../app/router';
import type { Session } from '../app/session';
import { useText } from '../i18n';
import { AccessPart } from './AccessPart';
import { HoursPart } from './HoursPart';
import { ServicesPart } from './ServicesPart';

export default function AdminPage({ part, session }: { part: AdminPart; session: Session }) {
  const t = useText();
  /* Who may see what is for administrators; others see to hours and services. */
  const mayAsk = session.role === 'admin';
  const shown = mayAsk || part !== 'access' ? part : 'hours';
  useEffect(() => {
    document.title = `${t.admin.parts[shown]} – Aceso`;
  }, [t, shown]);
  return (
    <div className="page page-wide">
      <h1>{t.places.admin}</h1>
      <nav className="tabs" aria-label={t.places.admin}>
        {adminParts
          .filter((each) => mayAsk || each !== 'access')
          .map((each) => (
            <Link key={each} href={`/admin/${each}`} aria-current={each === shown ? 'page' : undefined}>
              {t.admin.parts[each]}
            </Link>
          ))}
      </nav>
      {shown === 'access' ? <AccessPart /> : null}
      {shown === 'hours' ? <HoursPart /> : null}
      {shown === 'services' ? <ServicesPart /> : null}
    </div>
  );
}
