/* What is open to anybody: the free times. */
import { lazy, Suspense } from 'react';
import { languageNames, languages, useSpeech, type Language } from '../i18n';
import { Button } from '../ui/controls';
import { SelectField } from '../ui/forms';
import { Mark } from '../ui/icons';
import { Loading } from '../ui/panel';

const BookPage = lazy(() => import('../door/BookPage'));

export function PublicDoor({ onSignIn }: { onSignIn: () => void }) {
  const { language, setLanguage, t } = useSpeech();
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
          <SelectField className="bar-select" label={t.nav.language} labelHidden value={language} onChange={(next) => setLanguage(next as Language)} options={languages.map((each) => ({ value: each, text: languageNames[each] }))} />
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
