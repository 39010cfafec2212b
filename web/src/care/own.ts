/* Where the user works, as the record names it. */
import type { PractitionerRole } from 'fhir/r4';
import { search } from '../fhir/client';
import { useQuery } from '../fhir/query';

export interface OwnPlace {
  centre: string;
  /* "Organization/1", or empty. */
  organization: string;
  /* null: nowhere in particular. */
  where: string | null;
}

/* null while it is not known, or there is none. */
export function useOwnPlace(reference: string | null): OwnPlace | null {
  const query = useQuery(`own place ${reference}`, async (signal) => {
    if (!reference?.startsWith('Practitioner/')) return null;
    const page = await search<PractitionerRole>('PractitionerRole', `practitioner=${reference.slice('Practitioner/'.length)}&_count=1`, signal);
    const role = page.items[0];
    return role ? { centre: role.organization?.display ?? '', organization: role.organization?.reference ?? '', where: role.location?.[0]?.reference ?? null } : null;
  });
  return query.state === 'ready' ? query.data : null;
}
