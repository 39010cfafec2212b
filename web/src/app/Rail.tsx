/* The way to the places of a role: beside the page on a desk, below it on a telephone. */
import { countText } from '../i18n/format';
import { countOf, useInbox, waiting, type ItemKind } from '../inbox/items';
import { useText } from '../i18n';
import { Icon } from '../ui';
import { Link } from './Link';
import { placesOf } from './places';
import type { Route } from './router';
import type { Session } from './session';

export function Rail({ session, route }: { session: Session; route: Route }) {
  const t = useText();
  const looked = route.page === 'chart' && route.section === 'looked';
  return (
    <nav className="rail" aria-label={t.nav.main}>
      {placesOf(session).map((each) => {
        const here = each.name === 'looked' ? looked : each.pages.includes(route.page) && !(looked && each.name === 'record');
        return (
          <Link key={each.name} href={each.href} className={each.seldom ? 'rail-seldom' : undefined} aria-current={here ? 'page' : undefined}>
            <Icon name={each.icon} size={24} />
            <span>{t.places[each.name]}</span>
            {each.name === 'inbox' || each.name === 'messages' ? <InboxCount only={each.name === 'messages' ? 'message' : null} /> : null}
          </Link>
        );
      })}
    </nav>
  );
}

/* Quiet when nothing waits, and when it cannot be known. */
export function InboxCount({ only = null }: { only?: ItemKind | null }) {
  const t = useText();
  const query = useInbox();
  const count = query.state !== 'ready' ? 0 : only ? countOf(query.data, only) : waiting(query.data);
  if (count === 0) return null;
  return (
    <span className="badge">
      <span aria-hidden="true">{countText(count)}</span>
      <span className="hidden">{t.inbox.waiting(count)}</span>
    </span>
  );
}
