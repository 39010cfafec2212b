/* What a calendar shows: who can be booked, the hours that are open, and what is taken. */
import type { Appointment, Bundle, Location, PractitionerRole, Slot } from 'fhir/r4';
import { readJson, search } from '../fhir/client';
import { wordsOf } from '../fhir/read';
import { addDays, dayOf, minuteOf, weekdayOf } from '../i18n/format';
import { isVisit, visitOf, type Visit } from '../care/visit';

export interface Person {
  who: string;
  role: string;
  name: string;
  what: string;
  where: string | null;
}

export interface Span {
  who: string;
  day: string;
  from: number;
  to: number;
}

export interface CalendarData {
  people: Person[];
  visits: Visit[];
  open: Span[];
  closed: Span[];
  busy: Span[];
}

const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const minutes = (time: string | undefined, otherwise: number) => (time ? Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5)) : otherwise);

function personOf(role: PractitionerRole): Person | null {
  const who = role.practitioner?.reference;
  if (!who) return null;
  return { who, role: role.id ?? '', name: role.practitioner?.display ?? '', what: wordsOf(role.code?.[0]) ?? '', where: role.location?.[0]?.reference ?? null };
}

/* The windows that the rules of a role open on a day. */
export function windowsOf(role: PractitionerRole, day: string): Span[] {
  const name = weekdays[weekdayOf(day) - 1];
  const who = role.practitioner?.reference ?? '';
  return (role.availableTime ?? [])
    .filter((each) => each.daysOfWeek?.some((one) => one === name))
    .map((each) => ({ who, day, from: each.allDay ? 0 : minutes(each.availableStartTime, 0), to: each.allDay ? 1440 : minutes(each.availableEndTime, 1440) }));
}

export interface Asked {
  day: string;
  days: number;
  where: string | null;
}

export const calendarKey = ({ day, days, where }: Asked) => `calendar ${day} ${days} ${where ?? ''}`;

/* One answer of the server for the whole screen. */
export async function readCalendar({ day, days, where }: Asked, signal: AbortSignal): Promise<CalendarData> {
  const place = where ? `&location=${where.replace('Location/', '')}` : '';
  const bundle = await readJson<Bundle>(`Schedule/$calendar?start=${day}&days=${days}${place}`, signal);
  const all = (bundle.entry ?? []).map((each) => each.resource);
  const roles = all.filter((each): each is PractitionerRole => each?.resourceType === 'PractitionerRole');
  const data: CalendarData = { people: [], visits: [], open: [], closed: [], busy: [] };
  const byRole = new Map<string, string>();
  for (const role of roles) {
    const person = personOf(role);
    if (!person) continue;
    if (!data.people.some((each) => each.who === person.who)) data.people.push(person);
    byRole.set(`PractitionerRole/${role.id}`, person.who);
    byRole.set(`Schedule/${role.id}`, person.who);
  }
  data.visits = all
    .filter((each): each is Appointment => each?.resourceType === 'Appointment')
    .map(visitOf)
    .filter(isVisit)
    .filter((each) => each.step !== 'cancelled' && each.step !== 'waiting');
  for (const slot of all.filter((each): each is Slot => each?.resourceType === 'Slot')) {
    const owner = slot.schedule?.reference ?? '';
    const span = { who: byRole.get(owner) ?? owner, day: dayOf(slot.start), from: minuteOf(slot.start), to: dayOf(slot.end) === dayOf(slot.start) ? minuteOf(slot.end) : 1440 };
    if (slot.status === 'free') data.open.push(span);
    else if (slot.status === 'busy') data.busy.push(span);
    else data.closed.push(span);
  }
  return data;
}

export interface Place {
  reference: string;
  name: string;
}

export async function readPlaces(signal: AbortSignal): Promise<Place[]> {
  const page = await search<Location>('Location', '_count=100', signal);
  return page.items.map((each) => ({ reference: `Location/${each.id}`, name: each.name ?? '' })).sort((a, b) => a.name.localeCompare(b.name));
}

export const daysFrom = (day: string, days: number) => Array.from({ length: days }, (_, at) => addDays(day, at));
