/* Booking, moving, cancelling: the server decides, once; what it says no to comes with the free
 * hours that are nearest (care/series.ts). */
import type { Appointment, FhirResource } from 'fhir/r4';
import { act, members } from '../fhir/client';
import type { Visit } from '../care/visit';
import { visitsChanged } from '../care/visit';
import { instantOf } from '../i18n/format';

export type Scope = 'this' | 'following' | 'all';

export interface Hour {
  who: string;
  where: string | null;
  day: string;
  minute: number;
}

export interface Wanted extends Hour {
  patientId: string;
  minutes?: number;
  service?: string;
  comment?: string;
  /* Of a series: each hour as an instant. */
  starts?: string[];
  /* Outside the hours that are open: the desk may. */
  outside?: boolean;
}

const orNone = (text: string | undefined) => (text === undefined || text === '' ? undefined : text);

/* The first of what was booked. */
export async function book(wanted: Wanted): Promise<Appointment | null> {
  const answer = await act<FhirResource>('Appointment/$book', {
    'practitioner': wanted.who,
    'start': wanted.starts ?? instantOf(wanted.day, wanted.minute),
    'patient': `Patient/${wanted.patientId}`,
    'location': wanted.where ?? undefined,
    'minutes': wanted.minutes,
    'service': orNone(wanted.service),
    'comment': orNone(wanted.comment),
    'outside': wanted.outside || undefined,
  });
  visitsChanged();
  if (answer?.resourceType === 'Appointment') return answer;
  return members<Appointment>(answer, 'Appointment')[0] ?? null;
}

/* What was asked for becomes an appointment; of a series all of it. */
export async function confirm(visit: Visit): Promise<void> {
  await act(`Appointment/${visit.id}/$confirm`, { scope: visit.series ? 'all' : 'this' });
  visitsChanged();
}

/* What was cancelled, in the order of its hours. */
export async function cancel(id: string, scope: Scope): Promise<Appointment[]> {
  const answer = await act<FhirResource>(`Appointment/${id}/$cancel`, { scope });
  visitsChanged();
  const gone = answer?.resourceType === 'Appointment' ? [answer] : members<Appointment>(answer, 'Appointment');
  return gone.sort((a, b) => (a.start ?? '').localeCompare(b.start ?? ''));
}

export async function move(visit: Visit, to: Hour, scope: Scope): Promise<void> {
  await act(`Appointment/${visit.id}/$reschedule`, {
    start: instantOf(to.day, to.minute),
    practitioner: to.who,
    outside: true,
    scope,
  });
  visitsChanged();
}

/* What was offered to who waits becomes his. */
export async function accept(id: string): Promise<void> {
  await act(`Appointment/${id}/$accept`);
  visitsChanged();
}

export async function wait(patientId: string, service: string, who: string | null): Promise<void> {
  await act('Appointment/$wait', { patient: `Patient/${patientId}`, service: orNone(service), practitioner: who ?? undefined });
  visitsChanged();
}
