import { useState } from 'react';
import { useOwnPlace } from '../care/own';
import { useText } from '../i18n';
import { ChoiceMenu, Icon, Mark } from '../ui';
import { LanguageMenu } from './LanguageMenu';
import { Link } from './Link';
import { maySee } from './places';
import { InboxCount } from './Rail';
import { roleKey } from './roles';
import { go } from './router';
import { signOut, type Session } from './session';

export function TopBar({ session, onSearch }: { session: Session; onSearch: (() => void) | null }) {
  const t = useText();
  const centre = useOwnPlace(session.reference)?.centre;
  const [failed, setFailed] = useState(false);
  const role = t.roles[roleKey(session.role)];
  return (
    <header className="bar">
      <Link href="/" className="bar-home" aria-label="Aceso">
        <Mark size={30} />
        <span>Aceso</span>
      </Link>
      {onSearch ? (
        <button type="button" className="bar-search" onClick={onSearch} aria-keyshortcuts="/ Control+K">
          <Icon name="search" />
          <span className="bar-search-long">{t.nav.search}</span>
          <kbd aria-hidden="true">/</kbd>
          <kbd aria-hidden="true">Ctrl K</kbd>
        </button>
      ) : null}
      <div className="bar-right">
        {centre ? <span className="bar-centre">{centre}</span> : null}
        {maySee(session, 'today') ? (
          <Link href="/" className="bar-place">
            <Icon name="today" size={18} />
            <span>{t.places.today}</span>
          </Link>
        ) : null}
        {maySee(session, 'inbox') ? (
          <Link href="/inbox" className="bar-place">
            <Icon name="inbox" size={18} />
            <span>{t.places.inbox}</span>
            <InboxCount />
          </Link>
        ) : null}
        <LanguageMenu />
        <ChoiceMenu
          label={t.nav.account}
          head={
            <>
              <strong>{session.display}</strong>
              <span>{role}</span>
              {centre ? <span>{centre}</span> : null}
            </>
          }
          button={
            <button type="button" className="bar-button bar-user">
              <span className="hidden">{`${t.nav.account}: ${session.display}`}</span>
              <span className="initials" aria-hidden="true">
                {initials(session.display)}
              </span>
              <span className="bar-user-name" aria-hidden="true">
                {session.display}
                <small>{role}</small>
              </span>
              <Icon name="chevron" size={16} />
            </button>
          }
          choices={[
            {
              key: 'programs',
              label: (
                <span className="menu-row">
                  <Icon name="lock" size={18} /> {t.programs.listTitle}
                </span>
              ),
              onChoose: () => go('/apps'),
            },
            {
              key: 'mine',
              label: (
                <span className="menu-row">
                  <Icon name="key" size={18} /> {t.mine.title}
                </span>
              ),
              onChoose: () => go('/account'),
            },
            {
              key: 'out',
              label: (
                <span className="menu-row">
                  <Icon name="exit" size={18} /> {t.nav.signOut}
                </span>
              ),
              onChoose: () => {
                setFailed(false);
                signOut().catch(() => setFailed(true));
              },
            },
          ]}
        />
      </div>
      {failed ? (
        <p role="alert" className="bar-alert">
          {t.nav.signOutFailed}
        </p>
      ) : null}
    </header>
  );
}

function initials(name: string): string {
  const words = name.replace(/^(dr|mme|mr|m|prof)\.? /i, '').split(/\s+/);
  return words.slice(0, 2).map((word) => word.charAt(0).toLocaleUpperCase()).join('');
}
