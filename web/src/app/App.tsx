/* Two entries: the free times, which anybody sees at once, and everything else. */
import { lazy, Suspense, useState } from 'react';
import { SpeechProvider } from '../i18n';
import { UiProvider } from '../ui/UiProvider';
import { PublicDoor } from './PublicDoor';
import { isOutside, routeOf, usePath } from './router';
import { useSession } from './session';
import { Starting } from './Starting';

const Inside = lazy(() => import('./Inside'));

export function App() {
  const state = useSession();
  const route = routeOf(usePath());
  const [signingIn, setSigningIn] = useState(false);
  const session = !isOutside(route.page) && (state.phase === 'in' || state.phase === 'locked') ? state.session : null;
  const open = route.page === 'book' && !signingIn && state.phase === 'out';
  return (
    <UiProvider>
      <SpeechProvider userLanguage={session?.language ?? null}>
        {open ? (
          <PublicDoor onSignIn={() => setSigningIn(true)} />
        ) : (
          <Suspense fallback={<Starting />}>{state.phase === 'starting' && !isOutside(route.page) ? <Starting /> : <Inside state={state} route={route} />}</Suspense>
        )}
      </SpeechProvider>
    </UiProvider>
  );
}
