/* Where each role can go. What is not in its list is absent from its screen; what the server
 * refuses is decided by the server. */
import type { IconName } from '../ui';
import type { Route } from './router';
import type { Session } from './session';

export type PlaceName = 'today' | 'calendar' | 'patients' | 'inbox' | 'admin' | 'home' | 'book' | 'messages' | 'record' | 'looked' | 'consents' | 'family';

export interface Place {
  name: PlaceName;
  icon: IconName;
  href: string;
  /* Not in the row of a telephone, where Home leads to it. */
  seldom?: boolean;
  /* The pages that belong to it. */
  pages: Route['page'][];
}

const places: Record<PlaceName, Omit<Place, 'name'>> = {
  today: { icon: 'today', href: '/', pages: ['home'] },
  calendar: { icon: 'calendar', href: '/calendar', pages: ['calendar'] },
  patients: { icon: 'people', href: '/patients', pages: ['patients', 'newPatient', 'stranger', 'glass', 'chart', 'consult', 'form'] },
  inbox: { icon: 'inbox', href: '/inbox', pages: ['inbox'] },
  admin: { icon: 'gear', href: '/admin', pages: ['admin'] },
  home: { icon: 'home', href: '/', pages: ['home'] },
  book: { icon: 'calendar', href: '/book', pages: ['book'] },
  messages: { icon: 'mail', href: '/messages', pages: ['messages'] },
  record: { icon: 'heart', href: '/p', pages: ['chart', 'form'] },
  looked: { icon: 'eye', href: '/p', pages: [], seldom: true },
  consents: { icon: 'shield', href: '/consents', pages: ['consents'], seldom: true },
  family: { icon: 'family', href: '/family', pages: ['family'] },
};

const clinical: PlaceName[] = ['today', 'calendar', 'patients', 'inbox'];
const byRole: Record<string, PlaceName[]> = {
  gp: clinical,
  specialist: clinical,
  physio: clinical,
  nurse: clinical,
  psychologist: clinical,
  secretary: clinical,
  admin: ['admin', 'calendar'],
  auditor: ['admin'],
  patient: ['home', 'book', 'messages', 'record', 'looked', 'consents', 'family'],
  proxy: ['home', 'book', 'messages', 'family'],
};

/* Somebody with a role of its own in no list looks patients up, as all staff do. */
export function placesOf(session: Session): Place[] {
  return (byRole[session.role] ?? ['patients']).map((name) => {
    const own = session.reference?.startsWith('Patient/') ? session.reference.slice('Patient/'.length) : '';
    const place = { name, ...places[name] };
    if (name === 'record') return { ...place, href: `/p/${own}` };
    if (name === 'looked') return { ...place, href: `/p/${own}/looked` };
    return place;
  });
}

export const isPatientSide = (session: Session) => session.role === 'patient' || session.role === 'proxy';
/* Keeps the personal details of patients. */
export const mayMerge = (session: Session) => ['gp', 'secretary'].includes(session.role);
/* Writes notes and prescribes. */
export const isClinical = (session: Session) => ['gp', 'specialist', 'physio', 'nurse', 'psychologist'].includes(session.role);
export const maySee = (session: Session, name: PlaceName) => (byRole[session.role] ?? ['patients']).includes(name);

type ChartPart = 'problems' | 'medicines' | 'allergies' | 'results' | 'vitals';
const clinicalParts: ChartPart[] = ['problems', 'medicines', 'allergies', 'results', 'vitals'];
/* Of these the rules show a profession nothing: it is absent, because an empty list, or "no allergy
 * recorded", would be a false one. */
const unseen: Record<string, ChartPart[]> = {
  secretary: clinicalParts,
  billing: clinicalParts,
  physio: ['results'],
  psychologist: ['results', 'vitals'],
  pharmacist: ['problems', 'vitals'],
  lab: ['problems', 'vitals'],
};
export const seesPart = (session: Session | null, part: ChartPart) => !(unseen[session?.role ?? ''] ?? []).includes(part);
