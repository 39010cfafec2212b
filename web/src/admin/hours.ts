/* The weekly hours of a person at a place: windows per weekday, painted and taken away. */
import type { PractitionerRole } from 'fhir/r4';

export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof weekdays)[number];

export interface Window {
  from: number;
  to: number;
}
export type Week = Record<Weekday, Window[]>;

const minutes = (time: string | undefined, otherwise: number) => (time ? Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5)) : otherwise);
const clock = (minute: number) => `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}:00`;

export function weekOf(role: PractitionerRole): Week {
  const week = Object.fromEntries(weekdays.map((day) => [day, [] as Window[]])) as Week;
  for (const each of role.availableTime ?? [])
    for (const day of each.daysOfWeek ?? []) week[day].push(each.allDay ? { from: 0, to: 1439 } : { from: minutes(each.availableStartTime, 0), to: minutes(each.availableEndTime, 1439) });
  for (const day of weekdays) week[day] = joined(week[day]);
  return week;
}

/* Windows that touch are one. */
function joined(windows: Window[]): Window[] {
  const result: Window[] = [];
  for (const each of [...windows].sort((a, b) => a.from - b.from)) {
    const last = result.at(-1);
    if (last && each.from <= last.to) last.to = Math.max(last.to, each.to);
    else result.push({ ...each });
  }
  return result;
}

export const painted = (windows: Window[], window: Window) => joined([...windows, window]);
export const erased = (windows: Window[], { from, to }: Window): Window[] =>
  windows.flatMap((each) => [
    { from: each.from, to: Math.min(each.to, from) },
    { from: Math.max(each.from, to), to: each.to },
  ]).filter((each) => each.to > each.from);

/* Days with the same hours share a row, as people write them. */
export function withWeek(role: PractitionerRole, week: Week): PractitionerRole {
  const rows = new Map<string, { days: Weekday[]; window: Window }>();
  for (const day of weekdays)
    for (const window of week[day]) {
      const key = `${window.from}-${window.to}`;
      const row = rows.get(key) ?? { days: [], window };
      row.days.push(day);
      rows.set(key, row);
    }
  return {
    ...role,
    availableTime: [...rows.values()].map(({ days, window }) => ({ daysOfWeek: days, availableStartTime: clock(window.from), availableEndTime: clock(window.to) })),
  };
}
