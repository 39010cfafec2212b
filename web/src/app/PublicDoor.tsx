/* What is open to anybody: the free times. */
import { lazy, Suspense } from 'react';
import { useText } from '../i18n';
import { Button, Loading, Mark } from '../ui';
import { LanguageMenu } from './LanguageMenu';

const BookPage = lazy(() => import('../door/BookPage'));

export function PublicDoor({ onSignIn }: { onSignIn: () => void }) {
  const t = useText();
  return (
    <div className="shell shell-door">
      <a className="skip" href="#content">
        {t.app.skip}
      </a>
      <header className="bar">
        <a href="/book" className="bar-home" aria-label="Aceso">
          <Mark size={30} />
          <span>Aceso</span>
        </a>
        <div className="bar-right">
          <LanguageMenu />
          <Button onClick={onSignIn}>{t.signIn.submit}</Button>
        </div>
      </header>
      <main id="content" tabIndex={-1}>
        <Suspense fallback={<Loading rows={5} />}>
          <BookPage session={null} onSignIn={onSignIn} />
        </Suspense>
      </main>
    </div>
  );
}
