/* Links of care: until when they hold, whose they are, and those of one's own that end soon. */
import type { CareTeam } from 'fhir/r4';
import type { Session } from '../app/session';
import { act, search, searchChart, serverNow, type Page } from '../fhir/client';
import { codeIn } from '../fhir/read';
import type { Messages } from '../i18n/fr';
import { kindsOf, linkSystem, type LinkKind } from './data';
import { namesBy } from './names';

export interface CareLink {
  id: string;
  kind: string;
  patientId: string;
  /* Practitioners and centres, as the record names them. */
  members: { reference: string; name: string }[];
  since: string;
  /* The end that it says, or its kind's; empty: of a kind that is not known. */
  until: string;
}

const dayMs = 86_400_000;
export const soonDays = 14;

/* The same day so many months later; the 31st runs over into the next month, as on the server. */
function monthsAfter(start: string, months: number): string {
  const at = new Date(start);
  const later = new Date(at);
  later.setUTCFullYear(at.getUTCFullYear(), at.getUTCMonth() + months, at.getUTCDate());
  return later.toISOString();
}

/* A day counts to its end. */
const endOfDay = (text: string) => (/^\d{4}-\d{2}-\d{2}$/.test(text) ? new Date(Date.parse(text) + dayMs).toISOString() : text);

function linkOf(team: CareTeam, months: Record<string, number>): CareLink | null {
  const kind = (team.category ?? []).map((each) => codeIn(each, linkSystem)).find((each) => each !== null);
  const start = team.period?.start;
  const patientId = team.subject?.reference?.match(/^Patient\/(.+)$/)?.[1];
  if (!kind || !start || !patientId || !team.id) return null;
  const usual = months[kind];
  const until = team.period?.end ? endOfDay(team.period.end) : usual ? monthsAfter(start, usual) : '';
  const members = (team.participant ?? []).map((each) => ({ reference: each.member?.reference ?? '', name: each.member?.display ?? '' }));
  return { id: team.id, kind, patientId, members, since: start, until };
}

const holds = (link: CareLink) => link.until === '' || Date.parse(link.until) > serverNow();
const linksOf = ({ items }: Page<CareTeam>, months: Record<string, number>) => items.flatMap((each) => linkOf(each, months) ?? []).filter(holds);
const read = (query: string, months: Record<string, number>, signal: AbortSignal) => search<CareTeam>('CareTeam', query, signal).then((page) => linksOf(page, months));

/* Of a patient, the newest first. */
export async function readLinks(patientId: string, session: Session, signal: AbortSignal, t: Messages): Promise<CareLink[]> {
  const page = await searchChart<CareTeam>(patientId, 'CareTeam', 'status=active&_count=200', signal);
  const links = linksOf(page, session.linkMonths ?? {}).sort((a, b) => b.since.localeCompare(a.since));
  /* What a person has written by himself names him by reference alone. */
  const names = await namesBy(links.flatMap((each) => each.members.flatMap((one) => (one.name ? [] : one.reference))), signal, t);
  return links.map((each) => ({ ...each, members: each.members.map((one) => ({ ...one, name: one.name || (names[one.reference] ?? '') })) }));
}

export interface Ending extends CareLink {
  name: string;
}

/* One's own that end within two weeks, unless another of one's own goes on. Only links of these starts
 * are asked for: somebody may have thousands. */
export async function readEnding(session: Session, signal: AbortSignal, t: Messages): Promise<Ending[]> {
  const months = session.linkMonths ?? {};
  const mine = `participant=${session.reference}&status=active`;
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);
  const category = (kind: string) => `&category=${encodeURIComponent(`${linkSystem}|${kind}`)}`;
  const now = serverNow();
  const ofKind = Object.entries(months).map(([kind, count]) => {
    const from = Date.parse(monthsAfter(new Date(now).toISOString(), -count)) - 4 * dayMs;
    return read(`${mine}${category(kind)}&date=sa${day(from)}&date=le${day(from + (soonDays + 8) * dayMs)}&_count=100`, months, signal);
  });
  const newer = read(`${mine}${category('')}&date=sa${day(now - 60 * dayMs)}&_count=500`, months, signal);
  const [latest, ...lists] = await Promise.all([newer, ...ofKind]);
  const goesOn = (link: CareLink) => (latest ?? []).some((each) => each.patientId === link.patientId && each.id !== link.id && each.until > link.until);
  const ending = lists.flat().filter((each) => Date.parse(each.until) < now + soonDays * dayMs && !goesOn(each));
  if (ending.length === 0) return [];
  const names = await namesBy(ending.map((each) => `Patient/${each.patientId}`), signal, t);
  const named = (each: CareLink) => names[`Patient/${each.patientId}`] ?? '';
  return ending.map((each) => ({ ...each, name: named(each) })).filter((each) => each.name !== '').sort((a, b) => a.until.localeCompare(b.until));
}

/* Another link beside the one that ends: that one may be others' too. */
export function renew(link: CareLink, session: Session, evidence: string) {
  const kinds = kindsOf(session);
  const kind = kinds.find((each: LinkKind) => each === link.kind) ?? kinds[0] ?? 'contact';
  return act(`Patient/${link.patientId}/$link`, { kind, evidence });
}
