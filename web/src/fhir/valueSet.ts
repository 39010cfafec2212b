/* The codes of a list that this store keeps: a ValueSet that names them or stands for a CodeSystem.
 * A list that is not in the store is asked of the server. */
import type { CodeSystem, CodeSystemConcept, Coding, ValueSet } from 'fhir/r4';
import { readJson, search } from './client';

const most = 500;

const tree = (system: string, concepts: CodeSystemConcept[]): Coding[] =>
  concepts.flatMap((each) => [{ system, code: each.code, display: each.display ?? each.code }, ...tree(system, each.concept ?? [])]);

async function ofSystem(system: string, signal: AbortSignal): Promise<Coding[]> {
  const page = await search<CodeSystem>('CodeSystem', `url=${encodeURIComponent(system)}&_count=1`, signal);
  return tree(system, page.items[0]?.concept ?? []);
}

const plain = ({ system, code, display }: { system?: string | undefined; code?: string | undefined; display?: string | undefined }): Coding => ({ ...(system ? { system } : {}), ...(code ? { code } : {}), display: display ?? code ?? '' });

async function codesOf(set: ValueSet, signal: AbortSignal): Promise<Coding[]> {
  if (set.expansion?.contains) return set.expansion.contains.map(plain);
  const parts = await Promise.all(
    (set.compose?.include ?? []).map((each) => (each.concept ? each.concept.map((one) => plain({ system: each.system, ...one })) : each.system && !each.filter ? ofSystem(each.system, signal) : [])),
  );
  return parts.flat();
}

export async function readCodes(url: string, signal: AbortSignal): Promise<Coding[]> {
  const page = await search<ValueSet>('ValueSet', `url=${encodeURIComponent(url.split('|')[0] ?? '')}&_count=1`, signal);
  const set = page.items[0] ?? (await readJson<ValueSet>(`ValueSet/$expand?url=${encodeURIComponent(url)}&count=${most}`, signal));
  return (await codesOf(set, signal)).slice(0, most);
}
