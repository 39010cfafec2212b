/* The address is the only memory of where the user is. A chart is /p/{id}/{section}: the patient
 * stands in the address and from there in every request, never in a session, so two tabs can
 * never mix two people. No name and no search text ever goes into an address. */
import { useSyncExternalStore } from 'react';

export const sections = [
  'summary',
  'timeline',
  'notes',
  'results',
  'vitals',
  'medicines',
  'vaccines',
  'documents',
  'forms',
  'duplicates',
  'programs',
  'looked',
] as const;
export type Section = (typeof sections)[number];

export type CalendarView = 'day' | 'week';

export type Route =
  | { page: 'home' }
  | { page: 'patients' }
  | { page: 'newPatient' }
  | { page: 'stranger' }
  | { page: 'inbox' }
  | { page: 'calendar'; day: string | null; view: CalendarView }
  | { page: 'book' }
  | { page: 'messages'; threadId: string | null }
  | { page: 'consents' }
  | { page: 'family' }
  | { page: 'admin'; part: AdminPart | null }
  | { page: 'authorize' }
  | { page: 'programs' }
  | { page: 'account' }
  | { page: 'welcome' }
  | { page: 'provider'; provider: string }
  | { page: 'card' }
  | { page: 'glass'; patientId: string }
  | { page: 'chart'; patientId: string; section: Section }
  | { page: 'form'; patientId: string; formId: string; responseId: string | null }
  | { page: 'consult'; patientId: string; noteId: string | null }
  | { page: 'missing' };

export const adminParts = ['users', 'roles', 'access', 'audit', 'reviews', 'centres', 'hours', 'services', 'forms', 'texts', 'state'] as const;
export type AdminPart = (typeof adminParts)[number];

const idPattern = /^[A-Za-z0-9\-.]{1,64}$/;
const dayPattern = /^\d{4}-\d{2}-\d{2}$/;

/* Addresses of one word. */
const plain: Record<string, Route> = {
  '': { page: 'home' },
  'patients': { page: 'patients' },
  'patients/new': { page: 'newPatient' },
  'patients/other': { page: 'stranger' },
  'inbox': { page: 'inbox' },
  'book': { page: 'book' },
  'consents': { page: 'consents' },
  'family': { page: 'family' },
  'apps': { page: 'programs' },
  'account': { page: 'account' },
  'welcome': { page: 'welcome' },
  'card': { page: 'card' },
  'oauth/authorize': { page: 'authorize' },
};

function patientRoute([, patientId = '', section = 'summary', noteId, more]: string[], count: number): Route | null {
  if (!idPattern.test(patientId) || count > 5) return null;
  if (section === 'forms' && noteId !== undefined) {
    const right = idPattern.test(noteId) && (more === undefined || idPattern.test(more));
    return right ? { page: 'form', patientId, formId: noteId, responseId: more ?? null } : null;
  }
  if (count > 4) return null;
  if (section === 'emergency' && count === 3) return { page: 'glass', patientId };
  if (section === 'consult' && (noteId === undefined || idPattern.test(noteId))) return { page: 'consult', patientId, noteId: noteId ?? null };
  const known = sections.find((name) => name === section);
  return known && count <= 3 ? { page: 'chart', patientId, section: known } : null;
}

function calendarRoute([, day, view = 'day']: string[], count: number): Route | null {
  if (count > 3 || (day !== undefined && !dayPattern.test(day)) || (view !== 'day' && view !== 'week')) return null;
  return { page: 'calendar', day: day ?? null, view };
}

export function routeOf(path: string): Route {
  const parts = path.split('/').filter((part) => part !== '');
  const found = plain[parts.join('/')];
  if (found) return found;
  const missing: Route = { page: 'missing' };
  if (parts[0] === 'provider' && parts.length === 2 && idPattern.test(parts[1] ?? '')) return { page: 'provider', provider: parts[1] ?? '' };
  if (parts[0] === 'messages' && parts.length <= 2) return parts[1] === undefined || idPattern.test(parts[1]) ? { page: 'messages', threadId: parts[1] ?? null } : missing;
  if (parts[0] === 'p') return patientRoute(parts, parts.length) ?? missing;
  if (parts[0] === 'calendar') return calendarRoute(parts, parts.length) ?? missing;
  if (parts[0] === 'admin' && parts.length <= 2) {
    const part = adminParts.find((each) => each === parts[1]) ?? null;
    return part || parts.length === 1 ? { page: 'admin', part } : missing;
  }
  return missing;
}

/* Pages on which nobody is signed in, whoever is elsewhere. */
export const isOutside = (page: Route['page']) => page === 'welcome' || page === 'card' || page === 'provider';

export function chartPath(patientId: string, section: Section = 'summary'): string {
  return section === 'summary' ? `/p/${patientId}` : `/p/${patientId}/${section}`;
}

export const consultPath = (patientId: string, noteId?: string) => (noteId ? `/p/${patientId}/consult/${noteId}` : `/p/${patientId}/consult`);
export const strangerPath = '/patients/other';
export const glassPath = (patientId: string) => `/p/${patientId}/emergency`;
export const formPath = (patientId: string, formId: string, responseId?: string) => `/p/${patientId}/forms/${formId}${responseId ? `/${responseId}` : ''}`;
export const calendarPath = (day: string, view: CalendarView) => `/calendar/${day}/${view}`;

const moved = new EventTarget();

function listen(onChange: () => void): () => void {
  window.addEventListener('popstate', onChange);
  moved.addEventListener('move', onChange);
  return () => {
    window.removeEventListener('popstate', onChange);
    moved.removeEventListener('move', onChange);
  };
}

export function usePath(): string {
  return useSyncExternalStore(listen, () => window.location.pathname);
}

export function go(path: string): void {
  if (path === window.location.pathname) return;
  window.history.pushState(null, '', path);
  window.scrollTo(0, 0);
  moved.dispatchEvent(new Event('move'));
}
