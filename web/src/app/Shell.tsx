/* The frame of everything that is behind the sign-in: bar, rail, search, and the page. */
import { Component, lazy, Suspense, useEffect, useState, useSyncExternalStore, type ReactNode } from 'react';
import { forgetEverything } from '../fhir/query';
import { mayLink } from '../glass/data';
import { UnderGlass } from '../glass/UnderGlass';
import { useText } from '../i18n';
import { PatientSearch } from '../patients/PatientSearch';
import { forgetTyped, PatientsPage } from '../patients/PatientsPage';
import { forgetRecent } from '../patients/recent';
import { TodayPage } from '../today/TodayPage';
import { Button, Dialog, Icon, Loading, Note, sayNothing, Toast } from '../ui';
import { Link } from './Link';
import { isClinical, isPatientSide, maySee } from './places';
import { Rail } from './Rail';
import { routeOf, usePath, type Route } from './router';
import type { Session } from './session';
import { TopBar } from './TopBar';

const AccountPage = lazy(() => import('./AccountPage'));
const AdminPage = lazy(() => import('../admin/AdminPage'));
const CalendarPage = lazy(() => import('../calendar/CalendarPage'));
const ChartPage = lazy(() => import('../chart/ChartPage'));
const ConsultPage = lazy(() => import('../consult/ConsultPage'));
const FormPage = lazy(() => import('../forms/FormPage'));
const InboxPage = lazy(() => import('../inbox/InboxPage'));
const NewPatientPage = lazy(() => import('../patients/NewPatientPage'));
const StrangerPage = lazy(() => import('../glass/StrangerPage'));
const ProgramsPage = lazy(() => import('../programs/ProgramsPage'));
const HomePage = lazy(() => import('../door/HomePage'));
const BookPage = lazy(() => import('../door/BookPage'));
const MessagesPage = lazy(() => import('../messages/MessagesPage'));
const ConsentsPage = lazy(() => import('../door/ConsentsPage'));
const FamilyPage = lazy(() => import('../door/FamilyPage'));

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

/* Ctrl+K everywhere, the slash where nobody types. */
function useSearchKeys(off: boolean, open: () => void): void {
  useEffect(() => {
    if (off) return;
    const onKey = (event: KeyboardEvent) => {
      const palette = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === 'k';
      const slash = event.key === '/' && !event.ctrlKey && !event.metaKey && !event.altKey && !isTyping(event.target);
      if (!palette && !slash) return;
      event.preventDefault();
      open();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
    // open is a fresh closure at each render.
  }, [off]);
}

export function Shell({ session, locked }: { session: Session; locked: boolean }) {
  const t = useText();
  const route = routeOf(usePath());
  const online = useOnline();
  const [searching, setSearching] = useState(false);
  const [text, setText] = useState('');
  const searches = maySee(session, 'patients');
  const search = () => {
    setText('');
    setSearching(true);
  };
  useSearchKeys(locked || !searches, search);
  useEffect(
    () => () => {
      forgetEverything();
      forgetRecent();
      forgetTyped();
      sayNothing();
    },
    [],
  );

  return (
    <div className={`shell${locked ? ' shell-locked' : ''}${isPatientSide(session) ? ' shell-door' : ''}`} inert={locked}>
      <a className="skip" href="#content">
        {t.app.skip}
      </a>
      <TopBar session={session} onSearch={searches ? search : null} />
      {online ? null : (
        <p className="offline-bar" role="status">
          <Icon name="cloudOff" size={18} /> {t.app.offlineBar}
        </p>
      )}
      <div className="shell-body">
        <Rail session={session} route={route} />
        <main id="content" tabIndex={-1}>
          <Guard key={'patientId' in route ? route.patientId : route.page}>
            <Suspense fallback={<Loading rows={5} />}>
              {'patientId' in route ? (
                <UnderGlass patientId={route.patientId} session={session}>
                  <Page route={route} session={session} />
                </UnderGlass>
              ) : (
                <Page route={route} session={session} />
              )}
            </Suspense>
          </Guard>
        </main>
      </div>
      <Toast />
      <Dialog title={t.find.title} titleHidden opened={searching && !locked} onClose={() => setSearching(false)} closeLabel={t.app.close} size="46rem" className="palette">
        <PatientSearch autoFocus text={text} onText={setText} onOpen={() => setSearching(false)} />
      </Dialog>
    </div>
  );
}

function Home({ session }: { session: Session }) {
  if (isPatientSide(session)) return <HomePage session={session} />;
  if (maySee(session, 'today')) return <TodayPage session={session} />;
  return maySee(session, 'patients') ? <PatientsPage /> : <AdminPage part={null} session={session} />;
}

function Page({ route, session }: { route: Route; session: Session }) {
  switch (route.page) {
    case 'home':
      return <Home session={session} />;
    case 'patients':
      return <PatientsPage isNew={session.role === 'secretary' || isClinical(session)} />;
    case 'newPatient':
      return <NewPatientPage session={session} />;
    case 'stranger':
      return mayLink(session) ? <StrangerPage session={session} patientId={null} /> : <Missing />;
    case 'glass':
      return session.breaksGlass ? <StrangerPage key={route.patientId} session={session} patientId={route.patientId} /> : <Missing />;
    case 'calendar':
      return <CalendarPage day={route.day} view={route.view} session={session} />;
    case 'inbox':
      return <InboxPage session={session} />;
    case 'admin':
      return maySee(session, 'admin') ? <AdminPage part={route.part} session={session} /> : <Missing />;
    case 'account':
      return <AccountPage session={session} />;
    case 'programs':
      return <ProgramsPage />;
    case 'chart':
      return <ChartPage key={route.patientId} patientId={route.patientId} section={route.section} session={session} />;
    case 'form':
      return <FormPage key={`${route.patientId} ${route.formId} ${route.responseId}`} patientId={route.patientId} formId={route.formId} responseId={route.responseId} session={session} />;
    case 'consult':
      return <ConsultPage key={`${route.patientId} ${route.noteId}`} patientId={route.patientId} noteId={route.noteId} session={session} />;
    case 'book':
      return <BookPage session={session} />;
    case 'messages':
      return <MessagesPage session={session} threadId={route.threadId} />;
    case 'consents':
      return <ConsentsPage session={session} />;
    case 'family':
      return <FamilyPage session={session} />;
    default:
      return <Missing />;
  }
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
        <Link href="/">{t.app.toStart}</Link>
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
