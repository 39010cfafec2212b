/* What waits for the user, whatever it is made of, as rows of one list. */
import type { Bundle, Communication, DiagnosticReport, FhirResource, MedicationRequest, Observation, Reference, Task } from 'fhir/r4';
import { members, readJson, search } from '../fhir/client';
import { refresh, useQuery, type Query } from '../fhir/query';
import { displayOf, wordsOf } from '../fhir/read';
import { namesOf } from '../people/names';

export const itemKinds = ['result', 'renewal', 'message', 'task'] as const;
export type ItemKind = (typeof itemKinds)[number];

export interface Item {
  id: string;
  kind: ItemKind;
  title: string;
  text: string;
  date: string;
  due: string;
  from: string;
  fromReference: string | null;
  patient: string;
  patientId: string | null;
  urgent: boolean;
  /* A message that was read stays, and no longer waits. */
  waits: boolean;
  resource: FhirResource;
}

type Fields = Omit<Item, 'id' | 'resource' | 'waits'>;
type Known = Task | Communication | DiagnosticReport | Observation | MedicationRequest;

export const isTagged = (resource: FhirResource, code: string) => (resource.meta?.tag ?? []).some((each) => each.system === 'urn:aceso:inbox' && each.code === code);

const patientIdOf = (reference: Reference | undefined) => (reference?.reference?.startsWith('Patient/') ? reference.reference.slice('Patient/'.length) : null);

function about(reference: Reference | undefined): Pick<Item, 'patient' | 'patientId'> {
  return { patient: displayOf(reference) ?? '', patientId: patientIdOf(reference) };
}

function taskItem(task: Task): Fields {
  const renewal = (task.code?.coding ?? []).some((each) => /renew|refill/.test(each.code ?? ''));
  const result = (task.code?.coding ?? []).some((each) => /result|sign/.test(each.code ?? ''));
  return {
    kind: renewal ? 'renewal' : result ? 'result' : 'task',
    title: task.description ?? wordsOf(task.code) ?? '',
    text: task.note?.map((each) => each.text).join('\n') ?? '',
    date: task.authoredOn ?? '',
    due: task.restriction?.period?.end ?? '',
    from: displayOf(task.requester) ?? '',
    fromReference: task.requester?.reference ?? null,
    ...about(task.for),
    urgent: ['urgent', 'asap', 'stat'].includes(task.priority ?? ''),
  };
}

function messageItem(message: Communication): Fields {
  const text = message.payload?.map((each) => each.contentString ?? '').join('\n') ?? '';
  return {
    kind: 'message',
    title: wordsOf(message.topic) ?? text.split('\n')[0]?.slice(0, 90) ?? '',
    text,
    date: message.sent ?? '',
    due: '',
    from: displayOf(message.sender) ?? '',
    fromReference: message.sender?.reference ?? null,
    ...about(message.subject),
    urgent: ['urgent', 'asap', 'stat'].includes(message.priority ?? ''),
  };
}

function resultItem(result: DiagnosticReport | Observation): Fields {
  return {
    kind: 'result',
    title: wordsOf(result.code) ?? '',
    text: result.resourceType === 'DiagnosticReport' ? (result.conclusion ?? '') : '',
    date: result.effectiveDateTime ?? result.issued ?? '',
    due: '',
    from: displayOf(result.performer?.[0]) ?? '',
    fromReference: null,
    ...about(result.subject),
    urgent: false,
  };
}

function renewalItem(request: MedicationRequest): Fields {
  return {
    kind: 'renewal',
    title: wordsOf(request.medicationCodeableConcept) ?? displayOf(request.medicationReference) ?? '',
    text: request.dosageInstruction?.map((each) => each.text ?? '').join('\n') ?? '',
    date: request.authoredOn ?? '',
    due: '',
    from: displayOf(request.requester) ?? '',
    fromReference: null,
    ...about(request.subject),
    urgent: request.priority === 'urgent',
  };
}

function itemOf(resource: Known): Item | null {
  if (!resource.id) return null;
  const fields = {
    Task: taskItem,
    Communication: messageItem,
    DiagnosticReport: resultItem,
    Observation: resultItem,
    MedicationRequest: renewalItem,
  }[resource.resourceType] as ((resource: Known) => Fields) | undefined;
  const read = resource.resourceType === 'Communication' && !isTagged(resource, 'unread');
  return fields ? { ...fields(resource), waits: !read, id: `${resource.resourceType}/${resource.id}`, resource } : null;
}

/* What the record wrote itself names people by reference alone. */
function partyOf(resource: Known): (Reference | undefined)[] {
  if (resource.resourceType === 'Task') return [resource.requester, resource.for];
  if (resource.resourceType === 'Communication') return [resource.sender, resource.subject];
  return [resource.subject];
}

/* Of each wish for a medicine, which one it is. */
async function wishedOf(all: Known[], signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
  const wishes = new Map<string, string>();
  for (const each of all) if (each.resourceType === 'Task' && each.focus?.reference?.startsWith('MedicationRequest/')) wishes.set(`Task/${each.id}`, each.focus.reference.slice('MedicationRequest/'.length));
  if (wishes.size === 0) return wishes;
  const found = await search<MedicationRequest>('MedicationRequest', `_id=${[...new Set(wishes.values())].join(',')}&_count=${wishes.size}`, signal).catch(() => null);
  const names = new Map((found?.items ?? []).map((each) => [each.id, renewalItem(each).title]));
  return new Map([...wishes].flatMap(([task, id]) => (names.get(id) ? [[task, names.get(id) ?? ''] as const] : [])));
}

async function readInbox(signal: AbortSignal): Promise<Item[]> {
  const bundle = await readJson<Bundle>('$inbox', signal);
  const all = (bundle.entry ?? []).map((each) => each.resource as Known);
  /* What somebody asked for himself is no work of his. */
  const known = all.filter((each) => !isTagged(each, 'asked') && !isTagged(each, 'sent'));
  const [names, medicines] = await Promise.all([namesOf(known.flatMap(partyOf), signal), wishedOf(known, signal)]);
  const items = known
    .map(itemOf)
    .filter((each): each is Item => each !== null)
    .map((each) => ({ ...each, from: each.from || (names.get(each.fromReference ?? '') ?? ''), patient: each.patient || (names.get(`Patient/${each.patientId}`) ?? ''), title: medicines.get(each.id) ?? each.title }));
  return items.sort((a, b) => Number(b.waits) - Number(a.waits) || Number(b.urgent) - Number(a.urgent) || b.date.localeCompare(a.date));
}

export function useInbox(): Query<Item[]> {
  return useQuery('inbox', readInbox);
}

/* The values of a report ("DiagnosticReport/1"). */
export function useResultsOf(report: string): Query<Observation[]> {
  const id = report.slice('DiagnosticReport/'.length);
  return useQuery(`results of ${id}`, async (signal) => members<Observation>(await readJson<Bundle>(`DiagnosticReport?_id=${id}&_include=DiagnosticReport:result`, signal), 'Observation'));
}

export const inboxChanged = () => refresh((key) => key === 'inbox');
export const countOf = (items: Item[], kind: ItemKind) => items.filter((each) => each.kind === kind && each.waits).length;
export const waiting = (items: Item[]) => items.filter((each) => each.waits).length;
