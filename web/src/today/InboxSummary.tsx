import { Link } from '../app/Link';
import { countOf, itemKinds, useInbox, waiting } from '../inbox/items';
import { useText } from '../i18n';
import { Icon, Note, Panel, Show } from '../ui';

const icons = { result: 'flask', renewal: 'pill', message: 'mail', task: 'check' } as const;

export function InboxSummary() {
  const t = useText();
  const query = useInbox();
  return (
    <Panel title={t.places.inbox} aside={<Link className="see-all" href="/inbox">{t.today.toInbox}</Link>}>
      <Show query={query} rows={3}>
        {(items) =>
          waiting(items) === 0 ? (
            <Note title={t.inbox.none} />
          ) : (
            <ul className="lines">
              {itemKinds
                .filter((kind) => countOf(items, kind) > 0)
                .map((kind) => (
                  <li className="line" key={kind}>
                    <span className="menu-row">
                      <Icon name={icons[kind]} size={18} /> {t.inbox.kinds[kind]}
                    </span>
                    <strong className="digits">{countOf(items, kind)}</strong>
                  </li>
                ))}
            </ul>
          )
        }
      </Show>
    </Panel>
  );
}
