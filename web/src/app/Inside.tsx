/* Everything but the free times: sign-in, the shell behind it, the lock over it. */
import { lazy, Suspense, useEffect } from 'react';
import { useText, WholeSpeech } from '../i18n';
import { Button, Note } from '../ui';
import { CardPage } from './CardPage';
import { EnrolPage } from './Enrol';
import { ProviderPage } from './providers';
import type { Route } from './router';
import { findSession, sessionGeneration, type SessionState } from './session';
import { Shell } from './Shell';
import { Lock, SignInPage } from './SignIn';
import { Starting } from './Starting';
import { StepUpProvider } from './StepUp';
import { WelcomePage } from './Welcome';

const AuthorizePage = lazy(() => import('../programs/AuthorizePage'));

export default function Inside({ state, route }: { state: SessionState; route: Route }) {
  if (route.page === 'welcome') return <WelcomePage />;
  if (route.page === 'card') return <CardPage />;
  if (route.page === 'provider') return <ProviderPage provider={route.provider} />;
  const session = state.phase === 'in' || state.phase === 'locked' ? state.session : null;
  const locked = state.phase === 'locked';
  const enrols = session?.next === 'enrol';
  return (
    <>
      {state.phase === 'unreachable' ? <Unreachable /> : null}
      {state.phase === 'out' ? <SignInPage /> : null}
      {session && enrols ? <EnrolPage key={session.user} /> : null}
      {session && !enrols && route.page === 'authorize' ? (
        <Suspense fallback={<Starting />}>
          <div inert={locked}>
            <AuthorizePage key={sessionGeneration()} session={session} />
          </div>
        </Suspense>
      ) : null}
      {session && !enrols && route.page !== 'authorize' ? (
        <StepUpProvider key={sessionGeneration()}>
          <WholeSpeech waiting={<Starting />}>
            <Shell session={session} locked={locked} />
          </WholeSpeech>
        </StepUpProvider>
      ) : null}
      {state.phase === 'locked' ? <Lock session={state.session} why={state.why} /> : null}
    </>
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
