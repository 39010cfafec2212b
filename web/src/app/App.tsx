import { lazy, Suspense, useEffect, useState } from 'react';
import { SpeechProvider, useText } from '../i18n';
import { Button, Note, UiProvider } from '../ui';
import { routeOf, usePath } from './router';
import { findSession, sessionGeneration, useSession } from './session';
import { CardPage } from './CardPage';
import { EnrolPage } from './Enrol';
import { PublicDoor } from './PublicDoor';
import { Shell } from './Shell';
import { Lock, SignInPage } from './SignIn';
import { StepUpProvider } from './StepUp';
import { WelcomePage } from './Welcome';

const AuthorizePage = lazy(() => import('../programs/AuthorizePage'));

export function App() {
  const state = useSession();
  const page = routeOf(usePath()).page;
  const welcome = page === 'welcome' || page === 'card';
  const asking = page === 'authorize';
  const [signingIn, setSigningIn] = useState(false);
  const booking = page === 'book' && !signingIn;
  const session = !welcome && (state.phase === 'in' || state.phase === 'locked') ? state.session : null;
  if (welcome)
    return (
      <UiProvider>
        <SpeechProvider userLanguage={null}>
          {page === 'card' ? <CardPage /> : <WelcomePage />}
        </SpeechProvider>
      </UiProvider>
    );
  return (
    <UiProvider>
      <SpeechProvider userLanguage={session?.language ?? null}>
        {state.phase === 'starting' ? <Starting /> : null}
        {state.phase === 'unreachable' ? <Unreachable /> : null}
        {state.phase === 'out' ? booking ? <PublicDoor onSignIn={() => setSigningIn(true)} /> : <SignInPage /> : null}
        {session?.next === 'enrol' ? <EnrolPage key={session.user} /> : null}
        {session && asking && session.next !== 'enrol' ? (
          <Suspense fallback={<Starting />}>
            <div inert={state.phase === 'locked'}>
              <AuthorizePage key={sessionGeneration()} session={session} />
            </div>
          </Suspense>
        ) : null}
        {session && !asking && session.next !== 'enrol' ? (
          <StepUpProvider key={sessionGeneration()}>
            <Shell session={session} locked={state.phase === 'locked'} />
          </StepUpProvider>
        ) : null}
        {state.phase === 'locked' ? <Lock session={state.session} why={state.why} /> : null}
      </SpeechProvider>
    </UiProvider>
  );
}

function Starting() {
  const t = useText();
  return (
    <main className="starting" id="content">
      <h1 className="hidden">Aceso</h1>
      <p className="hidden" role="status">
        {t.app.loading}
      </p>
    </main>
  );
}

function Unreachable() {
  const t = useText();
  useEffect(() => {
    const again = () => void findSession();
    window.addEventListener('online', again);
    return () => window.removeEventListener('online', again);
  }, []);
  return (
    <main className="starting" id="content">
      <h1>Aceso</h1>
      <div role="alert">
        <Note icon="cloudOff" title={t.app.unreachable} tone="bad">
          <p>{t.app.unreachableHelp}</p>
          <Button onClick={() => void findSession()}>{t.app.retry}</Button>
        </Note>
      </div>
    </main>
  );
}
