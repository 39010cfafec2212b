/* The names behind references that came without one: a question for each type, not for each row.
 * Who may not be seen stays without a name. */
import type { FhirResource, Organization, Patient, Practitioner, Reference, RelatedPerson } from 'fhir/r4';
import { search } from '../fhir/client';
import { Failure } from '../fhir/failure';
import { nameOf, wordsOf } from '../fhir/read';

type Named = Practitioner | Patient | RelatedPerson | Organization;
export type Names = ReadonlyMap<string, string>;

const types = ['Practitioner', 'Patient', 'RelatedPerson', 'Organization'] as const;

function nameOfNamed(resource: FhirResource): string {
  if (resource.resourceType === 'Organization') return resource.name ?? '';
  const name = nameOf((resource as Practitioner | Patient | RelatedPerson).name);
  const before = resource.resourceType === 'Practitioner' ? ((resource.name?.[0]?.prefix ?? [])[0] ?? '') : '';
  const full = name ? [before, name.given, name.family].filter(Boolean).join(' ') : '';
  /* Who writes for a child says who he is to it. */
  const kin = resource.resourceType === 'RelatedPerson' ? wordsOf(resource.relationship?.[0]) : null;
  return full && kin ? `${full} (${kin})` : full;
}

export async function namesOf(references: (Reference | undefined)[], signal: AbortSignal): Promise<Names> {
  const names = new Map<string, string>();
  const wanted = new Map<string, Set<string>>();
  for (const each of references) {
    const [type = '', id = ''] = (each?.reference ?? '').split('/');
    if (!id) continue;
    if (each?.display) names.set(`${type}/${id}`, each.display);
    else wanted.set(type, (wanted.get(type) ?? new Set<string>()).add(id));
  }
  await Promise.all(
    types.map(async (type) => {
      const ids = [...(wanted.get(type) ?? [])].filter((id) => !names.has(`${type}/${id}`));
      if (ids.length === 0) return;
      try {
        const page = await search<Named>(type, `_id=${ids.join(',')}&_count=${ids.length}`, signal);
        for (const each of page.items) names.set(`${type}/${each.id}`, nameOfNamed(each));
      } catch (error) {
        if (Failure.from(error).kind === 'aborted') throw error;
      }
    }),
  );
  return names;
}

export const nameIn = (names: Names, reference: Reference | undefined): string => reference?.display ?? names.get(reference?.reference ?? '') ?? '';
