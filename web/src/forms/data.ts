/* Forms that can be filled in, those that were, and those that somebody is asked for. */
import type { Bundle, Observation, Questionnaire, QuestionnaireResponse, Task } from 'fhir/r4';
import { act, create, members, patch, readJson, search, searchChart } from '../fhir/client';
import { Failure } from '../fhir/failure';
import { refresh, useQuery, type Query } from '../fhir/query';

export const askSystem = 'urn:aceso:task';
const askCode = 'form';

export const useForms = (): Query<Questionnaire[]> =>
  useQuery('forms', async (signal) => {
    const page = await search<Questionnaire>('Questionnaire', 'status=active&_count=200', signal);
    return page.items.filter((each) => !each.subjectType || each.subjectType.includes('Patient'));
  });

export const useForm = (formId: string): Query<Questionnaire> =>
  useQuery(`form ${formId}`, async (signal) => {
    const form = await readJson<Questionnaire>(`Questionnaire/${formId}`, signal);
    if (form.resourceType !== 'Questionnaire') throw new Failure('server');
    return form;
  });

const responsesKey = (patientId: string) => `${patientId} filled-in forms`;

export const useResponses = (patientId: string): Query<QuestionnaireResponse[]> =>
  useQuery(responsesKey(patientId), async (signal) => {
    const page = await searchChart<QuestionnaireResponse>(patientId, 'QuestionnaireResponse', '_count=200', signal);
    return page.items.filter((each) => each.status === 'completed' || each.status === 'amended').sort((a, b) => (b.authored ?? '').localeCompare(a.authored ?? ''));
  });

export async function readResponse(patientId: string, id: string, signal: AbortSignal): Promise<QuestionnaireResponse> {
  const found = await readJson<QuestionnaireResponse>(`QuestionnaireResponse/${id}`, signal);
  if (found.resourceType !== 'QuestionnaireResponse' || found.subject?.reference !== `Patient/${patientId}`) throw new Failure('mixedUp');
  return found;
}

/* The form that a response answers, if it is one of these. */
export function formOf(response: QuestionnaireResponse, forms: Questionnaire[]): Questionnaire | null {
  const [url = '', version] = (response.questionnaire ?? '').split('|');
  return forms.find((each) => `Questionnaire/${each.id}` === url || (each.url === url && (!version || each.version === version))) ?? forms.find((each) => each.url === url) ?? null;
}

/* ---- asking a patient for one */

const isAsk = (task: Task) => (task.code?.coding ?? []).some((each) => each.system === askSystem && each.code === askCode);
export const formIdOf = (task: Task): string | null => (task.focus?.reference?.startsWith('Questionnaire/') ? task.focus.reference.slice('Questionnaire/'.length) : null);
const isOpen = (task: Task) => !['completed', 'cancelled', 'failed', 'rejected', 'entered-in-error'].includes(task.status);

const asksKey = (patientId: string) => `${patientId} asked forms`;

/* As those who care for the patient see it. */
export const useAsks = (patientId: string): Query<Task[]> =>
  useQuery(asksKey(patientId), async (signal) => {
    const page = await search<Task>('Task', `patient=${patientId}&code=${askSystem}%7C${askCode}&_count=100`, signal);
    return page.items.filter((each) => isAsk(each) && isOpen(each) && each.for?.reference === `Patient/${patientId}`);
  });

/* As the patient sees it: what waits for him. */
export const myFormsKey = 'inbox forms';
export const useMyForms = (): Query<Task[]> =>
  useQuery(myFormsKey, async (signal) => members<Task>(await readJson<Bundle>('$inbox', signal), 'Task').filter((each) => isAsk(each) && isOpen(each) && formIdOf(each) !== null));

export async function askPatient(patientId: string, form: Questionnaire, title: string, requester: string | null): Promise<void> {
  await create<Task>({
    resourceType: 'Task',
    status: 'requested',
    intent: 'order',
    code: { coding: [{ system: askSystem, code: askCode }] },
    description: title,
    focus: { reference: `Questionnaire/${form.id}`, display: title },
    for: { reference: `Patient/${patientId}` },
    owner: { reference: `Patient/${patientId}` },
    authoredOn: new Date().toISOString(),
    ...(requester ? { requester: { reference: requester } } : {}),
  });
  refresh((key) => key === asksKey(patientId));
}

export async function withdraw(patientId: string, task: Task): Promise<void> {
  await patch(`Task/${task.id}`, [{ op: 'replace', path: '/status', value: 'cancelled' }]);
  refresh((key) => key === asksKey(patientId));
}

/* ---- handing in */

export async function submit(response: QuestionnaireResponse, before: string | null): Promise<QuestionnaireResponse> {
  const path = before ? `QuestionnaireResponse/${before}/$submit` : 'QuestionnaireResponse/$submit';
  const made = await act<QuestionnaireResponse>(path, { resource: before ? { ...response, id: before } : response });
  if (made?.resourceType !== 'QuestionnaireResponse' || !made.id) throw new Failure('server');
  return made;
}

/* Of all that asked for this form, nothing waits any more. What cannot be finished stays asked. */
export async function finishAsks(patientId: string, formId: string, signal: AbortSignal): Promise<void> {
  const mine = members<Task>(await readJson<Bundle>('$inbox', signal), 'Task').filter((each) => isAsk(each) && isOpen(each) && formIdOf(each) === formId && each.for?.reference === `Patient/${patientId}`);
  await Promise.all(mine.map((each) => act(`Task/${each.id}/$finish`).catch(() => null)));
}

export function formsChanged(patientId: string): void {
  refresh((key) => key === responsesKey(patientId) || key === asksKey(patientId) || key === myFormsKey || key.startsWith(`${patientId} Observation?`));
}

/* What the answers have measured. */
export const useMeasured = (patientId: string, responseId: string): Query<Observation[]> =>
  useQuery(`${patientId} measured by ${responseId}`, async (signal) => {
    const page = await searchChart<Observation>(patientId, 'Observation', `derived-from=QuestionnaireResponse/${responseId}&_count=200`, signal);
    return page.items.filter((each) => each.status !== 'entered-in-error');
  });

/* The questions that the server did not accept, by its own words. */
export function refusedLinks(failure: Failure): string[] {
  if (failure.answer?.resourceType !== 'OperationOutcome') return [];
  return failure.answer.issue.flatMap((each) => {
    const where = [...(each.expression ?? []), ...(each.location ?? [])].join(' ');
    return [...where.matchAll(/linkId='([^']+)'/g)].map((found) => found[1] ?? '');
  });
}
