/* Two entries: the free times, which anybody sees at once, and everything else. */
import { lazy, Suspense, useState } from 'react';
import { SpeechProvider } from '../i18n';
import { UiProvider } from '../ui/UiProvider';
import { PublicDoor } from './PublicDoor';
import { routeOf, usePath } from './router';
import { useSession } from './session';
import { Starting } from './Starting';

const Inside = lazy(() => import('./Inside'));

export function App() {
  const state = useSession();
  const page = routeOf(usePath()).page;
  const [signingIn, setSigningIn] = useState(false);
  const session = page !== 'welcome' && (state.phase === 'in' || state.phase === 'locked') ? state.session : null;
  const open = page === 'book' && !signingIn && state.phase === 'out';
  return (
    <UiProvider>
      <SpeechProvider userLanguage={session?.language ?? null}>
        {open ? (
          <PublicDoor onSignIn={() => setSigningIn(true)} />
        ) : (
          <Suspense fallback={<Starting />}>{state.phase === 'starting' && page !== 'welcome' ? <Starting /> : <Inside state={state} page={page} />}</Suspense>
        )}
      </SpeechProvider>
    </UiProvider>
  );
}
