/* Patients whom the user does not care for yet: a link, or in an emergency the broken glass. What
 * these calls may do, and for whom, is decided by the server (docs/guide/access.md). */
import type { CareTeam } from 'fhir/r4';
import { act, searchChart, serverNow } from '../fhir/client';
import { Failure } from '../fhir/failure';
import { codeIn } from '../fhir/read';
import { refresh } from '../fhir/query';
import { forgetOpened } from '../patients/recent';

export const linkSystem = 'urn:aceso:link';
export const codeSystem = 'urn:aceso:break-glass';
export const numberSystem = 'https://www.ehealth.fgov.be/standards/fhir/core/NamingSystem/ssin';

export const glassCodes = ['unconscious', 'life-threatening', 'patient-asks', 'other'] as const;
export type GlassCode = (typeof glassCodes)[number];
export const isGlassCode = (text: string | null): text is GlassCode => glassCodes.some((each) => each === text);

export const linkKinds = ['own-gp', 'own-pharmacist', 'contact', 'emergency'] as const;
export type LinkKind = (typeof linkKinds)[number];
export const isLinkKind = (text: string): text is LinkKind => linkKinds.some((each) => each === text);

/* What the server lets each profession say of itself; the least first. */
const kindsByRole: Record<string, LinkKind[]> = {
  gp: ['contact', 'own-gp', 'emergency'],
  specialist: ['contact', 'emergency'],
  physio: ['contact'],
  nurse: ['contact', 'emergency'],
  psychologist: ['contact'],
  pharmacist: ['contact', 'own-pharmacist'],
  lab: ['contact'],
};

export interface Whose {
  role: string;
  reference: string | null;
}

/* Somebody who takes part in care; to others no way leads here. */
export const kindsOf = ({ role, reference }: Whose): LinkKind[] => (reference?.startsWith('Practitioner/') ? (kindsByRole[role] ?? []) : []);
export const mayLink = (session: Whose) => kindsOf(session).length > 0;

/* ---- who it is */

/* Exactly one of both ways: a number, or all of the other four. */
export type Named = { identifier: string } | { family: string; given: string; birthdate: string; gender: string };

/* The id of the one patient; a Failure of kind notFound for nobody and for several alike. */
async function opened(name: '$link' | '$break-glass', patientId: string | null, given: Record<string, string>): Promise<string> {
  const team = await act<CareTeam>(patientId === null ? `Patient/${name}` : `Patient/${patientId}/${name}`, given);
  const reference = team?.resourceType === 'CareTeam' ? team.subject?.reference : undefined;
  const id = reference?.startsWith('Patient/') ? reference.slice('Patient/'.length) : null;
  if (id === null) throw new Failure('server');
  patientForgotten(id);
  if (name === '$break-glass') tellWindows(id, 'opened');
  return id;
}

export const link = (whom: Named, kind: LinkKind, evidence: string) => opened('$link', null, { ...whom, kind, evidence });
export const breakGlass = (whom: Named, code: GlassCode, reason: string) => opened('$break-glass', null, { ...whom, code, reason });
export const breakGlassOf = (patientId: string, code: GlassCode, reason: string) => opened('$break-glass', patientId, { code, reason });

/* ---- the glass that is broken */

export interface Glass {
  /* The links that are there by it. */
  ids: string[];
  until: string;
  /* By the server's clock, as far as this computer knows it. */
  leftMs: () => number;
  code: GlassCode | null;
  why: string;
}

export const glassKey = (patientId: string) => `${patientId} glass`;

export const isGlass = (team: CareTeam) => (team.category ?? []).some((each) => codeIn(each, linkSystem) === 'break-glass');
const endOf = (team: CareTeam) => Date.parse(team.period?.end ?? '');

export async function readGlass(patientId: string, who: string, signal: AbortSignal): Promise<Glass | null> {
  const query = `participant=${who}&category=${encodeURIComponent(`${linkSystem}|break-glass`)}&status=active&_count=50`;
  const { items } = await searchChart<CareTeam>(patientId, 'CareTeam', query, signal);
  const open = items.filter((each) => isGlass(each) && endOf(each) > serverNow()).sort((a, b) => endOf(b) - endOf(a));
  const last = open[0];
  if (!last) return null;
  const code = last.reasonCode?.[0] ? codeIn(last.reasonCode[0], codeSystem) : null;
  return {
    ids: open.flatMap((each) => each.id ?? []),
    until: last.period?.end ?? '',
    leftMs: () => endOf(last) - serverNow(),
    code: isGlassCode(code) ? code : null,
    why: last.reasonCode?.[0]?.text ?? last.note?.[0]?.text ?? '',
  };
}

/* One that has ended meanwhile is as good as ended now. */
export async function endGlass(patientId: string, glass: Glass): Promise<void> {
  for (const id of glass.ids) await endLink(patientId, id).catch(ignoreGone);
}

function ignoreGone(error: unknown): void {
  if (Failure.from(error).kind !== 'notFound') throw error;
}

export async function endLink(patientId: string, id: string): Promise<void> {
  await act(`Patient/${patientId}/$unlink`, { link: `CareTeam/${id}` });
}

/* Nothing of somebody is kept by whom it may not be seen any more; what is on the screen asks again. */
export function patientForgotten(patientId: string): void {
  forgetOpened(patientId);
  refresh((key) => key.includes(patientId));
}

/* Other windows of this browser may show the same chart. */
const windows = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('aceso-glass');

interface Told {
  patientId: string;
  what: 'opened' | 'ended';
}

export function tellWindows(patientId: string, what: Told['what']): void {
  windows?.postMessage({ patientId, what });
}

export function onTold(patientId: string, then: (what: Told['what']) => void): () => void {
  const hear = ({ data }: MessageEvent<Told>) => data.patientId === patientId && then(data.what);
  windows?.addEventListener('message', hear);
  return () => windows?.removeEventListener('message', hear);
}
