/* Booking, moving, cancelling: the server decides, once; what it says no to comes with the free
 * hours that are nearest. */
import type { Appointment, FhirResource } from 'fhir/r4';
import { act, members } from '../fhir/client';
import { Failure } from '../fhir/failure';
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
  count?: number;
  /* Outside the hours that are open: the desk may. */
  outside?: boolean;
}

const orNone = (text: string | undefined) => (text === undefined || text === '' ? undefined : text);

/* The first of what was booked. */
export async function book(wanted: Wanted): Promise<Appointment | null> {
  const answer = await act<FhirResource>('Appointment/$book', {
    'practitioner': wanted.who,
    'start': instantOf(wanted.day, wanted.minute),
    'patient': `Patient/${wanted.patientId}`,
    'location': wanted.where ?? undefined,
    'minutes': wanted.minutes,
    'service': orNone(wanted.service),
    'comment': orNone(wanted.comment),
    'count': wanted.count && wanted.count > 1 ? wanted.count : undefined,
    'every-weeks': wanted.count && wanted.count > 1 ? 1 : undefined,
    'outside': wanted.outside || undefined,
  });
  visitsChanged();
  if (answer?.resourceType === 'Appointment') return answer;
  return members<Appointment>(answer, 'Appointment')[0] ?? null;
}

export async function cancel(id: string, scope: Scope): Promise<void> {
  await act(`Appointment/${id}/$cancel`, { scope });
  visitsChanged();
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

export async function wait(patientId: string, service: string, who: string | null): Promise<void> {
  await act('Appointment/$wait', { patient: `Patient/${patientId}`, service: orNone(service), practitioner: who ?? undefined });
  visitsChanged();
}

/* The nearest free hours that came with a no. */
export function nearestOf(error: unknown): string[] {
  const { answer } = Failure.from(error);
  if (answer?.resourceType !== 'OperationOutcome') return [];
  return answer.issue.flatMap((each) => (each.severity !== 'error' && /^\d{4}-\d\d-\d\dT/.test(each.diagnostics ?? '') ? [each.diagnostics ?? ''] : []));
}
