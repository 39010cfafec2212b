/* Booking, moving, cancelling: the server decides, once; what it says no to comes with the free
 * hours that are nearest. */
import type { Appointment, FhirResource } from 'fhir/r4';
import { act, members } from '../fhir/client';
import { Failure } from '../fhir/failure';
import type { Visit } from '../care/visit';
import { visitsChanged } from '../care/visit';
import { addDays, instantOf } from '../i18n/format';

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

/* What was offered to who waits becomes his. */
export async function accept(id: string): Promise<void> {
  await act(`Appointment/${id}/$accept`);
  visitsChanged();
}

export async function wait(patientId: string, service: string, who: string | null): Promise<void> {
  await act('Appointment/$wait', { patient: `Patient/${patientId}`, service: orNone(service), practitioner: who ?? undefined });
  visitsChanged();
}

/* The same hour on the clock, every so many weeks. */
export const seriesOf = (hour: Hour, count: number, weeks: number): string[] => Array.from({ length: count }, (_, at) => instantOf(addDays(hour.day, 7 * weeks * at), hour.minute));

/* What of a series cannot be had, and the free hour nearest to it, if there is one. */
export interface Instead {
  wanted: string;
  instead: string | null;
}

export function insteadOf(error: unknown, starts: string[]): Instead[] {
  const { answer } = Failure.from(error);
  const issues = answer?.resourceType === 'OperationOutcome' ? answer.issue : [];
  return starts.flatMap((wanted, at) => {
    const own = issues.filter((each) => each.expression?.includes(`start[${at}]`));
    return own.length > 0 ? [{ wanted, instead: own.find((each) => each.severity !== 'error')?.diagnostics ?? null }] : [];
  });
}

/* The list with what is free in place of what is not. */
export const mixedOf = (starts: string[], others: Instead[]): string[] =>
  starts.flatMap((start) => {
    const other = others.find((each) => each.wanted === start);
    return other ? (other.instead ? [other.instead] : []) : [start];
  });

/* The nearest free hours that came with a no. */
export function nearestOf(error: unknown): string[] {
  const { answer } = Failure.from(error);
  if (answer?.resourceType !== 'OperationOutcome') return [];
  return answer.issue.flatMap((each) => (each.severity !== 'error' && /^\d{4}-\d\d-\d\dT/.test(each.diagnostics ?? '') ? [each.diagnostics ?? ''] : []));
}
