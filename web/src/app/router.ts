/* The address is the only memory of where the user is. A chart is /p/{id}/{section}: the patient
 * stands in the address and from there in every request, never in a session, so two tabs can
 * never mix two people. No name and no search text ever goes into an address. */
import { useSyncExternalStore } from 'react';

export const sections = [
  'summary',
  'timeline',
  'results',
  'vitals',
  'medicines',
  'vaccines',
  'documents',
  'programs',
  'looked',
] as const;
export type Section = (typeof sections)[number];

export type Route =
  | { page: 'patients' }
  | { page: 'authorize' }
  | { page: 'programs' }
  | { page: 'account' }
  | { page: 'welcome' }
  | { page: 'card' }
  | { page: 'chart'; patientId: string; section: Section }
  | { page: 'missing' };

const idPattern = /^[A-Za-z0-9\-.]{1,64}$/;

export function routeOf(path: string): Route {
  const parts = path.split('/').filter((part) => part !== '');
  if (parts.length === 0 || (parts.length === 1 && parts[0] === 'patients')) return { page: 'patients' };
  if (parts.length === 2 && parts[0] === 'oauth' && parts[1] === 'authorize') return { page: 'authorize' };
  if (parts.length === 1 && parts[0] === 'apps') return { page: 'programs' };
  if (parts.length === 1 && parts[0] === 'account') return { page: 'account' };
  if (parts.length === 1 && parts[0] === 'welcome') return { page: 'welcome' };
  if (parts.length === 1 && parts[0] === 'card') return { page: 'card' };
  if (parts[0] === 'p' && parts.length >= 2 && parts.length <= 3) {
    const patientId = parts[1] ?? '';
    const section = parts[2] ?? 'summary';
    const known = sections.find((name) => name === section);
    if (idPattern.test(patientId) && known) return { page: 'chart', patientId, section: known };
  }
  return { page: 'missing' };
}

export function chartPath(patientId: string, section: Section = 'summary'): string {
  return section === 'summary' ? `/p/${patientId}` : `/p/${patientId}/${section}`;
}

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
