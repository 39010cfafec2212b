/* The people for whom the user acts: exactly those whom the server lets him see. */
import { useEffect } from 'react';
import { Link } from '../app/Link';
import { chartPath } from '../app/router';
import type { Session } from '../app/session';
import { ageOf, nameText } from '../fhir/read';
import { useText } from '../i18n';
import { showDate } from '../i18n/format';
import { Icon, Note, Show } from '../ui';
import { useFamily } from './family';

export default function FamilyPage({ session }: { session: Session }) {
  const t = useText();
  const query = useFamily(true);
  useEffect(() => {
    document.title = `${t.places.family} – Aceso`;
  }, [t]);
  return (
    <div className="page door">
      <h1>{t.places.family}</h1>
      <p className="lead">{t.door.familyHelp}</p>
      <Show query={query}>
        {(people) => {
          const others = people.filter((each) => `Patient/${each.id}` !== session.reference);
          if (others.length === 0) return <Note icon="family" title={t.door.noFamily} />;
          return (
            <ul className="ways-list">
              {others.map((each) => (
                <li key={each.id}>
                  <Link href={chartPath(each.id ?? '')}>
                    <Icon name="heart" size={24} />
                    <span>
                      <strong>{nameText(each.name, t)}</strong>
                      <small className="digits">{[showDate(each.birthDate), ageOf(each, t)].join(' · ')}</small>
                    </span>
                  </Link>
                </li>
              ))}
            </ul>
          );
        }}
      </Show>
    </div>
  );
}
