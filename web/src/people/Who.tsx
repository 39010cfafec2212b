/* Somebody by name; a reference that came without one is looked up, once for all rows. */
import type { Reference } from 'fhir/r4';
import { useQuery } from '../fhir/query';
import { nameIn, namesOf } from './names';

export function Who({ reference }: { reference: Reference | undefined }) {
  const wanted = reference?.display ? '' : (reference?.reference ?? '');
  const query = useQuery(`name of ${wanted}`, async (signal) => (wanted ? nameIn(await namesOf([{ reference: wanted }], signal), { reference: wanted }) : ''));
  return <>{reference?.display ?? (query.state === 'ready' ? query.data : '')}</>;
}
