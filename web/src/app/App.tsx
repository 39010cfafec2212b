import { Component, lazy, Suspense, useEffect, useState, useSyncExternalStore, type ReactNode } from 'react';
import { forgetEverything } from '../fhir/query';
import { SpeechProvider, useText } from '../i18n';
import { PatientSearch } from '../patients/PatientSearch';
import { forgetTyped, PatientsPage } from '../patients/PatientsPage';
import { forgetRecent } from '../patients/recent';
import { Button, Dialog, Icon, Loading, Note, UiProvider } from '../ui';
import { Link } from './Link';
import { routeOf, usePath } from './router';
import { findSession, sessionGeneration, useSession, type Session } from './session';
import { EnrolPage } from './Enrol';
import { Lock, SignInPage } from './SignIn';
import { ProviderPage, providerOf } from './providers';
import { StepUpProvider } from './StepUp';
import { TopBar } from './TopBar';
import { WelcomePage } from './Welcome';

const AccountPage = lazy(() => import('./AccountPage'));
const ChartPage = lazy(() => import('../chart/ChartPage'));
const AuthorizePage = lazy(() => import('../programs/AuthorizePage'));
const ProgramsPage = lazy(() => import('../programs/ProgramsPage'));

export function App() {
  const state = useSession();
  const path = usePath();
  const page = routeOf(path).page;
  const provider = providerOf(path);
  const welcome = page === 'welcome';
  const asking = page === 'authorize';
  const session = !welcome && (state.phase === 'in' || state.phase === 'locked') ? state.session : null;
  if (provider)
    return (
      <UiProvider>
        <SpeechProvider userLanguage={null}>
          <ProviderPage provider={provider} />
        </SpeechProvider>
      </UiProvider>
    );
  if (welcome)
    return (
      <UiProvider>
        <SpeechProvider userLanguage={null}>
          <WelcomePage />
        </SpeechProvider>
      </UiProvider>
    );
  return (
    <UiProvider>
      <SpeechProvider userLanguage={session?.language ?? null}>
        {state.phase === 'starting' ? <Starting /> : null}
        {state.phase === 'unreachable' ? <Unreachable /> : null}
        {state.phase === 'out' ? <SignInPage /> : null}
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

function useOnline(): boolean {
  return useSyncExternalStore(
    (listener) => {
      window.addEventListener('online', listener);
      window.addEventListener('offline', listener);
      return () => {
        window.removeEventListener('online', listener);
        window.removeEventListener('offline', listener);
      };
    },
    () => navigator.onLine,
  );
}

/* Whether a key belongs to what the user is typing. */
function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

function Shell({ session, locked }: { session: Session; locked: boolean }) {
  const t = useText();
  const route = routeOf(usePath());
  const online = useOnline();
  const [searching, setSearching] = useState(false);
  const [text, setText] = useState('');

  useEffect(
    () => () => {
      forgetEverything();
      forgetRecent();
      forgetTyped();
    },
    [],
  );

  useEffect(() => {
    if (locked) return;
    const onKey = (event: KeyboardEvent) => {
      const palette = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === 'k';
      const slash = event.key === '/' && !event.ctrlKey && !event.metaKey && !event.altKey && !isTyping(event.target);
      if (!palette && !slash) return;
      event.preventDefault();
      setText('');
      setSearching(true);
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [locked]);

  return (
    <div className={locked ? 'shell shell-locked' : 'shell'} inert={locked}>
      <a className="skip" href="#content">
        {t.app.skip}
      </a>
      <TopBar
        session={session}
        onSearch={() => {
          setText('');
          setSearching(true);
        }}
      />
      {online ? null : (
        <p className="offline-bar" role="status">
          <Icon name="cloudOff" size={18} /> {t.app.offlineBar}
        </p>
      )}
      <div className="shell-body">
        <nav className="rail" aria-label={t.nav.main}>
          <Link href="/" aria-current={route.page === 'patients' ? 'page' : undefined}>
            <Icon name="people" size={24} />
            <span>{t.nav.patients}</span>
          </Link>
        </nav>
        <main id="content" tabIndex={-1}>
          <Guard key={route.page === 'chart' ? route.patientId : route.page}>
            <Suspense fallback={<Loading rows={5} />}>
              {route.page === 'patients' ? <PatientsPage /> : null}
              {route.page === 'account' ? <AccountPage session={session} /> : null}
              {route.page === 'chart' ? (
                <ChartPage key={route.patientId} patientId={route.patientId} section={route.section} session={session} />
              ) : null}
              {route.page === 'programs' ? <ProgramsPage /> : null}
              {route.page === 'missing' ? <Missing /> : null}
            </Suspense>
          </Guard>
        </main>
      </div>
      <Dialog
        title={t.find.title}
        titleHidden
        opened={searching && !locked}
        onClose={() => setSearching(false)}
        closeLabel={t.app.close}
        size="46rem"
        className="palette"
      >
        <PatientSearch autoFocus text={text} onText={setText} onOpen={() => setSearching(false)} />
      </Dialog>
    </div>
  );
}

function Missing() {
  const t = useText();
  useEffect(() => {
    document.title = `${t.app.missingTitle} – Aceso`;
  }, [t]);
  return (
    <div className="page">
      <h1>{t.app.missingTitle}</h1>
      <p>{t.app.missingHelp}</p>
      <p>
        <Link href="/">{t.app.toPatients}</Link>
      </p>
    </div>
  );
}

/* A fault in one page never takes the shell away. */
class Guard extends Component<{ children: ReactNode }, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError() {
    return { broken: true };
  }

  override render() {
    return this.state.broken ? <Broken /> : this.props.children;
  }
}

function Broken() {
  const t = useText();
  return (
    <div className="page" role="alert">
      <Note icon="alert" title={t.app.broken} tone="bad">
        <Button onClick={() => window.location.reload()}>{t.app.reload}</Button>
      </Note>
    </div>
  );
}
