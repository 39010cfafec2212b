/* A booked hour, as the screens of a day need it. */
import type { Appointment } from 'fhir/r4';
import { patch, search } from '../fhir/client';
import { refresh } from '../fhir/query';
import { wordsOf } from '../fhir/read';
import { addDays, dayOf, instantOf, minuteOf } from '../i18n/format';

/* In the order of a visit. */
export const steps = ['booked', 'arrived', 'inside', 'done', 'absent', 'cancelled', 'asked', 'waiting'] as const;
export type Step = (typeof steps)[number];

const stepOf: Record<string, Step> = {
  'proposed': 'asked',
  'pending': 'asked',
  'booked': 'booked',
  'arrived': 'arrived',
  'checked-in': 'inside',
  'fulfilled': 'done',
  'noshow': 'absent',
  'cancelled': 'cancelled',
  'waitlist': 'waiting',
};
const statusOf: Partial<Record<Step, Appointment['status']>> = {
  booked: 'booked',
  arrived: 'arrived',
  inside: 'checked-in',
  done: 'fulfilled',
  absent: 'noshow',
};

export interface Visit {
  id: string;
  day: string;
  from: number;
  to: number;
  start: string;
  step: Step;
  patientId: string | null;
  patient: string;
  reason: string;
  service: string;
  serviceId: string;
  who: string | null;
  whoName: string;
  where: string | null;
  series: boolean;
  /* The same for all of a series; empty: it is none. */
  seriesId: string;
}

const seriesMark = /series/;

export function visitOf(appointment: Appointment): Visit | null {
  const { id, start, end } = appointment;
  const step = stepOf[appointment.status];
  if (!id || !step) return null;
  const actor = (type: string) => appointment.participant.map((each) => each.actor).find((each) => each?.reference?.startsWith(`${type}/`));
  const patient = actor('Patient');
  const who = actor('Practitioner') ?? actor('PractitionerRole');
  const from = start ? minuteOf(start) : 0;
  const day = start ? dayOf(start) : '';
  const to = end ? (dayOf(end) === day ? minuteOf(end) : 24 * 60) : from + (appointment.minutesDuration ?? 15);
  return {
    id,
    day,
    from,
    to: Math.max(to, from + 5),
    start: start ?? '',
    step,
    patientId: patient?.reference?.slice('Patient/'.length) ?? null,
    patient: patient?.display ?? '',
    reason: appointment.comment ?? wordsOf(appointment.reasonCode?.[0]) ?? appointment.description ?? wordsOf(appointment.appointmentType) ?? '',
    service: wordsOf(appointment.serviceType?.[0]) ?? '',
    serviceId: actor('HealthcareService')?.reference ?? '',
    who: who?.reference ?? null,
    whoName: who?.display ?? '',
    where: actor('Location')?.reference ?? null,
    series: (appointment.identifier ?? []).some((each) => seriesMark.test(each.system ?? '')) || (appointment.extension ?? []).some((each) => seriesMark.test(each.url)),
    seriesId: appointment.identifier?.find((each) => seriesMark.test(each.system ?? ''))?.value ?? '',
  };
}

export const isVisit = (visit: Visit | null): visit is Visit => visit !== null;
export const byTime = (a: Visit, b: Visit) => a.start.localeCompare(b.start);

const pageSize = 500;

/* The visits of a day; of one person, or of all whom the user may see. */
export async function readDay(day: string, who: string | null, signal: AbortSignal): Promise<Visit[]> {
  const actor = who ? `&actor=${who}` : '';
  const page = await search<Appointment>('Appointment', `date=ge${instantOf(day, 0)}&date=lt${instantOf(addDays(day, 1), 0)}${actor}&_count=${pageSize}`, signal);
  return page.items.map(visitOf).filter(isVisit).filter((each) => each.step !== 'waiting').sort(byTime);
}

/* The first day after this one on which there is something. */
export async function readNextDay(day: string, who: string | null, signal: AbortSignal): Promise<string | null> {
  const actor = who ? `&actor=${who}` : '';
  const page = await search<Appointment>('Appointment', `date=ge${instantOf(addDays(day, 1), 0)}&status=booked${actor}&_sort=date&_count=1`, signal);
  const start = page.items[0]?.start;
  return start ? dayOf(start) : null;
}

export const visitsChanged = () => refresh((key) => key.startsWith('day ') || key.startsWith('calendar '));

export async function moveTo(visit: Visit, step: Step): Promise<void> {
  const value = statusOf[step];
  if (value) await patch(`Appointment/${visit.id}`, [{ op: 'replace', path: '/status', value }]);
  visitsChanged();
}
