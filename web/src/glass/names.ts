/* Names by reference, as far as whoever looks may see them. */
import type { Patient, Practitioner } from 'fhir/r4';
import { search } from '../fhir/client';
import { nameOf, nameText } from '../fhir/read';
import type { Messages } from '../i18n/fr';

function staffName({ name: names }: Practitioner, t: Messages): string {
  const name = nameOf(names);
  return names?.[0]?.text ?? ([...(names?.[0]?.prefix ?? []), name?.given ?? '', name?.family ?? ''].filter(Boolean).join(' ') || t.person.unnamed);
}

export async function namesBy(references: string[], signal: AbortSignal, t: Messages): Promise<Record<string, string>> {
  const ask = <T extends Patient | Practitioner>(type: T['resourceType']) => {
    const ids = [...new Set(references.filter((each) => each.startsWith(`${type}/`)).map((each) => each.slice(type.length + 1)))];
    return ids.length === 0 ? [] : search<T>(type, `_id=${ids.join(',')}&_elements=name&_count=${ids.length}`, signal).then((page) => page.items, () => []);
  };
  const [staff, patients] = await Promise.all([ask<Practitioner>('Practitioner'), ask<Patient>('Patient')]);
  return Object.fromEntries([...staff.map((each) => [`Practitioner/${each.id}`, staffName(each, t)]), ...patients.map((each) => [`Patient/${each.id}`, nameText(each.name, t)])]);
}
