/* What an administrator looks after, and what an auditor oversees. What somebody may not do is not
 * there; the server decides all the same. */
import { useEffect, type ComponentType } from 'react';
import { Link } from '../app/Link';
import type { AdminPart } from '../app/router';
import type { Session } from '../app/session';
import { useText } from '../i18n';
import { AccessPart } from './AccessPart';
import { AuditPart } from './AuditPart';
import { CentresPart } from './CentresPart';
import { FormsPart } from './FormsPart';
import { HoursPart } from './HoursPart';
import { ReviewsPart } from './ReviewsPart';
import { RolesPart } from './RolesPart';
import { ServicesPart } from './ServicesPart';
import { StatePart } from './StatePart';
import { TextsPart } from './TextsPart';
import { UsersPart } from './UsersPart';

const pages: Record<AdminPart, ComponentType> = {
  users: UsersPart,
  roles: RolesPart,
  access: AccessPart,
  audit: AuditPart,
  reviews: ReviewsPart,
  centres: CentresPart,
  hours: HoursPart,
  services: ServicesPart,
  forms: FormsPart,
  texts: TextsPart,
  state: StatePart,
};

/* The log belongs to auditors alone: who gives rights does not watch how they are used. */
const partsOf: Record<string, AdminPart[]> = {
  admin: ['users', 'roles', 'access', 'centres', 'hours', 'services', 'forms', 'texts', 'state'],
  auditor: ['audit', 'reviews', 'roles', 'state'],
};

export default function AdminPage({ part, session }: { part: AdminPart | null; session: Session }) {
  const t = useText();
  const parts = partsOf[session.role] ?? ['state'];
  const shown = parts.find((each) => each === part) ?? parts[0] ?? 'state';
  const Shown = pages[shown];
  useEffect(() => {
    document.title = `${t.admin.parts[shown]} – Aceso`;
  }, [t, shown]);
  return (
    <div className="page page-wide">
      <h1>{t.places.admin}</h1>
      <nav className="tabs" aria-label={t.places.admin}>
        {parts.map((each) => (
          <Link key={each} href={`/admin/${each}`} aria-current={each === shown ? 'page' : undefined}>
            {t.admin.parts[each]}
          </Link>
        ))}
      </nav>
      <Shown />
    </div>
  );
}
