/* Dates are dd/mm/yyyy and hours 24 h in every language, in the zone of the centre and not of the
 * computer in front of the user. A date that is only a year or a month stays one. */
export const zone = 'Europe/Brussels';

const clock = new Intl.DateTimeFormat('en-GB', {
  timeZone: zone,
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
});

export interface Moment {
  year: number;
  month: number | null;
  day: number | null;
  time: string | null;
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}

/* text is a date or an instant as the record writes it: 1985, 1985-07, 1985-07-30 or with a time
 * and zone. */
export function momentOf(text: string | undefined): Moment | null {
  if (!text) return null;
  const plain = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$/.exec(text);
  if (plain) {
    return {
      year: Number(plain[1]),
      month: plain[2] ? Number(plain[2]) : null,
      day: plain[3] ? Number(plain[3]) : null,
      time: null,
    };
  }
  const at = Date.parse(text);
  if (Number.isNaN(at)) return null;
  const part = new Map(clock.formatToParts(at).map((each) => [each.type, each.value]));
  return {
    year: Number(part.get('year')),
    month: Number(part.get('month')),
    day: Number(part.get('day')),
    time: `${part.get('hour')}:${part.get('minute')}`,
  };
}

export function showDate(text: string | undefined): string {
  const moment = momentOf(text);
  if (!moment) return '';
  if (moment.month === null) return String(moment.year);
  if (moment.day === null) return `${pad(moment.month)}/${moment.year}`;
  return `${pad(moment.day)}/${pad(moment.month)}/${moment.year}`;
}

export function showTime(text: string | undefined): string {
  return momentOf(text)?.time ?? '';
}

export function showDateTime(text: string | undefined): string {
  const time = showTime(text);
  return time ? `${showDate(text)} ${time}` : showDate(text);
}

export function today(): string {
  const now = momentOf(new Date().toISOString());
  return now ? `${now.year}-${pad(now.month ?? 1)}-${pad(now.day ?? 1)}` : '';
}

/* Completed months between two dates; null when a day is missing to know. */
export function monthsBetween(from: string, to: string): number | null {
  const a = momentOf(from);
  const b = momentOf(to);
  if (!a || !b) return null;
  const months = (b.year - a.year) * 12 + ((b.month ?? 1) - (a.month ?? 1));
  return (b.day ?? 1) < (a.day ?? 1) ? months - 1 : months;
}

/* Seconds since 1970, for the time axis of a plot. */
export function secondsOf(text: string | undefined): number | null {
  if (!text) return null;
  const at = Date.parse(/^\d{4}(-\d{2}){0,2}$/.test(text) ? `${text.padEnd(4, '0')}${text.length === 4 ? '-01-01' : text.length === 7 ? '-01' : ''}T12:00:00Z` : text);
  return Number.isNaN(at) ? null : at / 1000;
}

/* 85073003328 -> 85.07.30-033.28 */
export function showNationalNumber(digits: string): string {
  const part = /^(\d{2})(\d{2})(\d{2})(\d{3})(\d{2})$/.exec(digits);
  return part ? `${part[1]}.${part[2]}.${part[3]}-${part[4]}.${part[5]}` : digits;
}

/* ---- the clock of the centre */

const dayMs = 86_400_000;

export function dayOf(instant: string): string {
  const moment = momentOf(instant);
  return moment ? `${moment.year}-${pad(moment.month ?? 1)}-${pad(moment.day ?? 1)}` : '';
}

/* Minutes since midnight, as the clock on the wall says them. */
export function minuteOf(instant: string): number {
  const [hours = 0, minutes = 0] = showTime(instant).split(':').map(Number);
  return hours * 60 + minutes;
}

export const showMinute = (minute: number) => `${pad(Math.floor(minute / 60))}:${pad(minute % 60)}`;

/* The instant at which the wall shows this minute of this day. In the night when the clock goes
 * back, of the two the first; an hour that does not exist is moved on by an hour. */
export function instantOf(day: string, minute: number): string {
  const wanted = Date.parse(`${day}T00:00:00Z`) + minute * 60_000;
  const offset = (at: number) => Date.parse(`${dayOf(new Date(at).toISOString())}T${showTime(new Date(at).toISOString())}:00Z`) - at;
  const early = wanted - offset(wanted - dayMs / 8);
  const late = wanted - offset(early);
  return new Date(late + offset(late) === wanted && early + offset(early) !== wanted ? late : early).toISOString();
}

export function addDays(day: string, count: number): string {
  return new Date(Date.parse(`${day}T12:00:00Z`) + count * dayMs).toISOString().slice(0, 10);
}

/* 1 is Monday. */
export function weekdayOf(day: string): number {
  return new Date(`${day}T12:00:00Z`).getUTCDay() || 7;
}

export const mondayOf = (day: string) => addDays(day, 1 - weekdayOf(day));

export function dayName(day: string, language: string, how: 'long' | 'short' = 'long'): string {
  return new Intl.DateTimeFormat(language, { weekday: how, timeZone: 'UTC' }).format(new Date(`${day}T12:00:00Z`));
}

/* A count in a small round: what is more than two digits is many. */
export const countText = (count: number) => (count > 99 ? '99+' : String(count));
