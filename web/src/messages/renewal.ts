/* A patient asks for what he takes already. Where the server cannot take such a wish, nothing is
 * offered. */
import type { Bundle, Task } from 'fhir/r4';
import { act, members, readJson } from '../fhir/client';
import { Failure } from '../fhir/failure';
import { refresh, useQuery, type Query } from '../fhir/query';
import { isTagged } from '../inbox/items';

const isRenewal = (task: Task) => (task.code?.coding ?? []).some((each) => each.system === 'urn:aceso:task' && each.code === 'renewal');

/* By prescription ("MedicationRequest/1"): the newest wish. */
export const useWishes = (on: boolean): Query<ReadonlyMap<string, Task>> =>
  useQuery(`inbox wishes ${on}`, async (signal) => {
    if (!on) return new Map<string, Task>();
    const tasks = members<Task>(await readJson<Bundle>('$inbox', signal), 'Task').filter((each) => isRenewal(each) && isTagged(each, 'asked'));
    return new Map(tasks.sort((a, b) => (a.authoredOn ?? '').localeCompare(b.authoredOn ?? '')).map((each) => [each.focus?.reference ?? '', each]));
  });

export type Wished = 'asked' | 'absent' | 'refused' | 'failed';

/* The server says so in one of two ways when it does not know the word. */
function isAbsent(failure: Failure): boolean {
  const issue = failure.answer?.resourceType === 'OperationOutcome' ? failure.answer.issue[0]?.code : null;
  return failure.kind === 'notFound' || issue === 'not-supported';
}

export async function askRenewal(id: string, note: string): Promise<Wished> {
  try {
    await act(`MedicationRequest/${id}/$ask-renewal`, { note: note || undefined });
    refresh((key) => key.startsWith('inbox '));
    return 'asked';
  } catch (error) {
    const failure = Failure.from(error);
    if (isAbsent(failure)) return 'absent';
    return failure.kind === 'refused' || failure.kind === 'conflict' || failure.kind === 'forbidden' ? 'refused' : 'failed';
  }
}
