/* Free times as anybody may see them: no account is asked for before somebody has chosen one. */
import type { Bundle, Extension, Slot } from 'fhir/r4';
import { readJson } from '../fhir/client';
import { wordsOf } from '../fhir/read';
import { dayOf, minuteOf } from '../i18n/format';

export interface Offer {
  key: string;
  start: string;
  day: string;
  minute: number;
  service: string;
  serviceName: string;
  who: string;
  whoName: string;
  where: string;
  whereName: string;
  /* So many of them may be booked at once. */
  series: number;
}

const found = (extensions: Extension[] | undefined, name: string) => extensions?.find((each) => each.url.endsWith(name))?.valueReference;

function offerOf(slot: Slot): Offer {
  const who = found(slot.extension, 'practitioner');
  const service = found(slot.extension, 'service');
  const where = found(slot.extension, 'location');
  return {
    key: `${slot.start} ${who?.reference ?? slot.schedule.reference} ${service?.reference ?? ''}`,
    start: slot.start,
    day: dayOf(slot.start),
    minute: minuteOf(slot.start),
    service: service?.reference ?? '',
    serviceName: wordsOf(slot.serviceType?.[0]) ?? service?.display ?? '',
    who: who?.reference ?? slot.schedule.reference ?? '',
    whoName: who?.display ?? slot.schedule.display ?? '',
    where: where?.reference ?? '',
    whereName: where?.display ?? '',
    series: Number(slot.extension?.find((each) => each.url === 'urn:aceso:series')?.valuePositiveInt ?? 1),
  };
}

/* An hour counts once for each person and service. */
const countMax = 240;

/* With whom does not matter: each hour once, with whoever's turn it is. */
export const anybody = 'anybody';

/* What is behind the last of so many was cut off: that day is not whole. */
export const wholeDays = (offers: Offer[]): Offer[] => {
  const last = offers.at(-1)?.day;
  const whole = offers.filter((each) => each.day !== last);
  return offers.length < countMax || whole.length === 0 ? offers : whole;
};

/* As the roles of a network are coded; "doctor" comes first because most come for that. */
export const professions = ['doctor', 'nurse', 'physio', 'psychologist'] as const;
export type Profession = (typeof professions)[number];

export interface Wanted {
  profession: Profession;
  where: string;
  who: string;
  from: string;
}

export const offersKey = ({ profession, where, who, from }: Wanted) => `offers ${profession} ${where} ${who} ${from}`;

export async function readOffers({ profession, where, who, from }: Wanted, signal: AbortSignal): Promise<Offer[]> {
  const narrow = `${where ? `&location=${where}` : ''}${who === anybody ? '&once=true' : who ? `&practitioner=${who}` : ''}`;
  const bundle = await readJson<Bundle>(`Slot/$find?profession=${profession}&start=${from}&count=${countMax}${narrow}`, signal);
  return (bundle.entry ?? [])
    .map((each) => each.resource)
    .filter((each): each is Slot => each?.resourceType === 'Slot')
    .map(offerOf)
    .sort((a, b) => a.start.localeCompare(b.start));
}
