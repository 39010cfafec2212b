/* Links of care: until when they hold, whose they are, and those of one's own that end soon. */
import type { CareTeam, Patient } from 'fhir/r4';
import type { Session } from '../app/session';
import { act, search, serverNow } from '../fhir/client';
import { codeIn, nameText } from '../fhir/read';
import type { Messages } from '../i18n/fr';
import { kindsOf, linkSystem, type LinkKind } from './data';

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
const read = (query: string, months: Record<string, number>, signal: AbortSignal) =>
  search<CareTeam>('CareTeam', query, signal).then(({ items }) => items.flatMap((each) => linkOf(each, months) ?? []).filter(holds));

/* Of a patient, the newest first. */
export async function readLinks(patientId: string, session: Session, signal: AbortSignal): Promise<CareLink[]> {
  const links = await read(`subject=Patient/${patientId}&status=active&_count=200`, session.linkMonths ?? {}, signal);
  return links.filter((each) => each.patientId === patientId).sort((a, b) => b.since.localeCompare(a.since));
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
  const ids = [...new Set(ending.map((each) => each.patientId))];
  const { items } = await search<Patient>('Patient', `_id=${ids.join(',')}&_elements=name&_count=${ids.length}`, signal);
  const names = new Map(items.map((each) => [each.id, nameText(each.name, t)]));
  return ending.flatMap((each) => (names.has(each.patientId) ? [{ ...each, name: names.get(each.patientId) ?? '' }] : [])).sort((a, b) => a.until.localeCompare(b.until));
}

/* Another link beside the one that ends: that one may be others' too. */
export function renew(link: CareLink, session: Session, evidence: string) {
  const kinds = kindsOf(session);
  const kind = kinds.find((each: LinkKind) => each === link.kind) ?? kinds[0] ?? 'contact';
  return act(`Patient/${link.patientId}/$link`, { kind, evidence });
}
