/* Two records of perhaps one person: what the server says of them, and what it does with them. */
import type { Bundle, FhirResource, Organization, Patient, Practitioner } from 'fhir/r4';
import { act, readJson, told } from '../fhir/client';
import { Failure } from '../fhir/failure';
import { nameOf } from '../fhir/read';
import { refresh } from '../fhir/query';

export type Grade = 'certain' | 'probable' | 'possible';

export interface Reason {
  field: string;
  how: string;
  weight: number;
}

export interface Twin {
  patient: Patient;
  grade: Grade;
  reasons: Reason[];
}

interface Extension {
  url: string;
  valueCode?: string;
  valueDecimal?: number | { toString(): string };
  extension?: Extension[];
}

const gradeUrl = 'match-grade';

function reasonOf(extension: Extension): Reason {
  const part = (name: string) => extension.extension?.find((each) => each.url === name);
  return { field: part('field')?.valueCode ?? '', how: part('agreement')?.valueCode ?? '', weight: Number(part('weight')?.valueDecimal ?? 0) };
}

export function twinsOf(bundle: FhirResource | null): Twin[] {
  if (bundle?.resourceType !== 'Bundle') return [];
  return (bundle.entry ?? []).flatMap((entry) => {
    const patient = entry.resource as FhirResource | undefined;
    if (patient?.resourceType !== 'Patient') return [];
    const said = (entry.search as { extension?: Extension[] } | undefined)?.extension ?? [];
    const grade = said.find((each) => each.url.endsWith(`/${gradeUrl}`))?.valueCode;
    const reasons = said.filter((each) => each.url === 'urn:aceso:match-field').map(reasonOf);
    return [{ patient, grade: grade === 'certain' || grade === 'probable' ? grade : 'possible', reasons: reasons.sort((a, b) => b.weight - a.weight) }];
  });
}

export const duplicatesKey = (patientId: string) => `${patientId} duplicates`;

export async function readDuplicates(patientId: string, signal: AbortSignal): Promise<Twin[]> {
  return twinsOf(await readJson<Bundle>(`Patient/${patientId}/$duplicates`, signal)).filter((each) => each.patient.id !== patientId && !successorOf(each.patient));
}

/* ---- what was merged already */

function linked(patient: Patient, type: string): string[] {
  return (patient.link ?? []).filter((each) => each.type === type).flatMap((each) => (each.other.reference?.startsWith('Patient/') ? [each.other.reference.slice('Patient/'.length)] : []));
}

export const successorOf = (patient: Patient): string | null => linked(patient, 'replaced-by')[0] ?? null;
export const mergedInto = (patient: Patient): string[] => linked(patient, 'replaces');

/* ---- before it is done */

export interface Preview {
  moves: { type: string; count: number }[];
  conflicts: string[];
  fills: string[];
  gains: string[];
  consent: string;
}

async function nameOfAnybody(reference: string, signal: AbortSignal): Promise<string> {
  const found = await readJson<Practitioner | Organization | FhirResource>(reference, signal).catch((error: unknown) => {
    if (Failure.from(error).kind === 'aborted') throw error;
    return null;
  });
  if (found?.resourceType === 'Organization') return found.name ?? '';
  if (found?.resourceType !== 'Practitioner') return '';
  const name = nameOf(found.name);
  return name ? `${name.given} ${name.family}`.trim() : '';
}

/* POST, and nothing changes: it may be asked again. */
export async function readPreview(source: string, target: string, signal: AbortSignal): Promise<Preview> {
  const answer = await act<FhirResource>('Patient/$merge', { source: `Patient/${source}`, target: `Patient/${target}`, preview: true });
  const all = answer?.resourceType === 'Parameters' ? (answer.parameter ?? []) : [];
  const codes = (name: string) => all.filter((each) => each.name === name).map((each) => each.valueCode ?? '');
  const names = await Promise.all(all.filter((each) => each.name === 'gains').map((each) => nameOfAnybody(each.valueReference?.reference ?? '', signal)));
  return {
    moves: all
      .filter((each) => each.name === 'moves')
      .map((each) => ({
        type: each.part?.find((one) => one.name === 'type')?.valueCode ?? '',
        count: Number(each.part?.find((one) => one.name === 'count')?.valueInteger ?? 0),
      })),
    conflicts: codes('conflict'),
    fills: codes('fills'),
    gains: names.filter((each) => each !== ''),
    consent: told(answer, 'consent'),
  };
}

/* Everything that was loaded of either is asked for again. */
function bothChanged(a: string, b: string): void {
  refresh((key) => key.startsWith(`${a} `) || key.startsWith(`${b} `) || key.startsWith('day ') || key.startsWith('calendar '));
}

export async function merge(source: string, target: string): Promise<void> {
  await act('Patient/$merge', { source: `Patient/${source}`, target: `Patient/${target}` });
  bothChanged(source, target);
}

/* How many things were changed since, and stay as they are. */
export async function unmerge(source: string, target: string): Promise<number> {
  const answer = await act<FhirResource>(`Patient/${target}/$unmerge`, { source: `Patient/${source}` });
  bothChanged(source, target);
  return answer?.resourceType === 'Parameters' ? (answer.parameter ?? []).filter((each) => each.name === 'stays').length : 0;
}
