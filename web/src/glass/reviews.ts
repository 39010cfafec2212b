/* The Tasks that each broken glass leaves: for the auditor to look over, and for the patient to see. */
import type { AuditEvent, Task } from 'fhir/r4';
import { act, search, type Page } from '../fhir/client';
import { codeIn } from '../fhir/read';
import type { Messages } from '../i18n/fr';
import { codeSystem, isGlassCode, type GlassCode } from './data';
import { namesBy } from './names';

export type Outcome = 'in-order' | 'questioned';

export interface Opening {
  id: string;
  at: string;
  /* "Practitioner/1", "Patient/1" */
  who: string;
  patient: string;
  code: GlassCode | null;
  why: string;
  done: boolean;
  outcome: Outcome | null;
  note: string;
}

function openingOf(task: Task): Opening {
  const code = task.reasonCode ? codeIn(task.reasonCode, codeSystem) : null;
  const outcome = codeIn(task.businessStatus, 'urn:aceso:review-outcome');
  return {
    id: task.id ?? '',
    at: task.authoredOn ?? '',
    who: task.requester?.reference ?? '',
    patient: task.for?.reference ?? '',
    code: isGlassCode(code) ? code : null,
    why: task.reasonCode?.text ?? '',
    done: task.status === 'completed',
    outcome: outcome === 'in-order' || outcome === 'questioned' ? outcome : null,
    note: task.note?.[0]?.text ?? '',
  };
}

const of = `code=${encodeURIComponent('urn:aceso:review|break-glass')}&_sort=-authored-on`;

const openings = ({ items, next }: Page<Task>): Page<Opening> => ({ items: items.map(openingOf), next });

export const readReviews = (done: boolean, count: number, signal: AbortSignal) =>
  search<Task>('Task', `${of}&status=${done ? 'completed' : 'requested'}&_count=${count}`, signal).then(openings);

/* Whoever else's would come along is left out. */
export const readOpenings = (patientId: string, signal: AbortSignal) =>
  search<Task>('Task', `${of}&patient=${patientId}&_count=50`, signal).then((page) => openings(page).items.filter((each) => each.patient === `Patient/${patientId}`));

export const review = (id: string, outcome: Outcome, note: string) => act(`Task/${id}/$review`, { outcome, ...(note ? { note } : {}) });

/* Whose they are, and who opened them. */
export const namesOf = (openings: Opening[], signal: AbortSignal, t: Messages) => namesBy(openings.flatMap((each) => [each.who, each.patient]), signal, t);

const hoursMs = 4 * 3_600_000;

/* What the glass let somebody see: the entries of the log that say so, at most 200. */
export async function readSeen(opening: Opening, signal: AbortSignal): Promise<AuditEvent[]> {
  const until = new Date(Date.parse(opening.at) + hoursMs).toISOString();
  const page = await search<AuditEvent>('AuditEvent', `patient=${encodeURIComponent(opening.patient)}&agent=${encodeURIComponent(opening.who)}&date=ge${opening.at}&date=le${until}&_count=200`, signal);
  return page.items.filter((each) => each.purposeOfEvent?.some((one) => one.coding?.some((coding) => coding.code === 'BTG')));
}
