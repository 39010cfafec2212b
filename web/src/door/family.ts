/* For whom the user may act: himself, when he is a patient, and exactly those whom the server lets
 * him see. */
import type { Patient } from 'fhir/r4';
import type { Session } from '../app/session';
import { search } from '../fhir/client';
import { useQuery, type Query } from '../fhir/query';
import { nameText } from '../fhir/read';
import { useText } from '../i18n';

export const useFamily = (on: boolean): Query<Patient[]> =>
  useQuery(`family ${on}`, async (signal) => (on ? (await search<Patient>('Patient', '_count=50', signal)).items : []));

export interface ActsFor {
  reference: string;
  name: string;
}

/* Oneself first. */
export function useActsFor(session: Session | null): ActsFor[] {
  const t = useText();
  const query = useFamily(session !== null && ['patient', 'proxy'].includes(session.role));
  const found = query.state === 'ready' ? query.data.map((each) => ({ reference: `Patient/${each.id}`, name: nameText(each.name, t) })) : [];
  return found.sort((a, b) => Number(b.reference === session?.reference) - Number(a.reference === session?.reference));
}
