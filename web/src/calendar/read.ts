/* What a calendar shows: who can be booked, the hours that are open, and what is taken. */
import type { Appointment, Bundle, HealthcareService, Location, PractitionerRole, Slot } from 'fhir/r4';
import { readJson, search } from '../fhir/client';
import { wordsOf } from '../fhir/read';
import { addDays, dayOf, minuteOf } from '../i18n/format';
import { isVisit, visitOf, type Visit } from '../care/visit';

export interface Person {
  who: string;
  name: string;
  what: string;
  where: string | null;
  /* What this person offers, the usual one first. */
  services: string[];
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

function personOf(role: PractitionerRole): Person | null {
  const who = role.practitioner?.reference;
  if (!who) return null;
  return {
    who,
    name: role.practitioner?.display ?? '',
    what: wordsOf(role.code?.[0]) ?? '',
    where: role.location?.[0]?.reference ?? null,
    services: (role.healthcareService ?? []).flatMap((each) => each.reference ?? []),
  };
}

export interface Asked {
  day: string;
  days: number;
  /* Empty: everywhere. */
  where: string;
}

export const calendarKey = ({ day, days, where }: Asked) => `calendar ${day} ${days} ${where}`;

/* One answer of the server for the whole screen. */
export async function readCalendar({ day, days, where }: Asked, signal: AbortSignal): Promise<CalendarData> {
  const place = where ? `&location=${where}` : '';
  const bundle = await readJson<Bundle>(`Schedule/$calendar?start=${day}&days=${days}${place}`, signal);
  const all = (bundle.entry ?? []).map((each) => each.resource);
  const roles = all.filter((each): each is PractitionerRole => each?.resourceType === 'PractitionerRole');
  const data: CalendarData = { people: [], visits: [], open: [], closed: [], busy: [] };
  for (const role of roles) {
    const person = personOf(role);
    const known = data.people.find((each) => each.who === person?.who);
    if (known && person) known.services.push(...person.services.filter((each) => !known.services.includes(each)));
    else if (person) data.people.push(person);
  }
  data.visits = all
    .filter((each): each is Appointment => each?.resourceType === 'Appointment')
    .map(visitOf)
    .filter(isVisit)
    .filter((each) => each.step !== 'cancelled' && each.step !== 'waiting');
  for (const slot of all.filter((each): each is Slot => each?.resourceType === 'Slot')) {
    const who = slot.extension?.find((each) => each.url === 'urn:aceso:practitioner')?.valueReference?.reference ?? '';
    const span = { who, day: dayOf(slot.start), from: minuteOf(slot.start), to: dayOf(slot.end) === dayOf(slot.start) ? minuteOf(slot.end) : 1440 };
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
  /* Rooms are parts of a place. */
  const whole = page.items.filter((each) => !each.partOf);
  return whole.map((each) => ({ reference: `Location/${each.id}`, name: each.name ?? '' })).sort((a, b) => a.name.localeCompare(b.name));
}

export const daysFrom = (day: string, days: number) => Array.from({ length: days }, (_, at) => addDays(day, at));

export interface Service {
  reference: string;
  name: string;
  minutes: number | null;
}

export async function readServices(signal: AbortSignal): Promise<Service[]> {
  const page = await search<HealthcareService>('HealthcareService', '_count=200', signal);
  return page.items.map((each) => ({
    reference: `HealthcareService/${each.id}`,
    name: each.name ?? '',
    minutes: each.extension?.find((one) => one.url === 'urn:aceso:minutes')?.valueUnsignedInt ?? null,
  }));
}
