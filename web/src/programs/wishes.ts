/* What a program asks for, in the words of the page. Words that belong together are one line, which
 * the person ticks as a whole; what only says how the program was started is no question. */
import type { Messages } from '../i18n/fr';
import type { Wish } from './api';

export type Kind = keyof Messages['programs']['kinds'];

const kinds: Record<string, Kind> = {
  '*': 'all',
  Patient: 'person',
  RelatedPerson: 'person',
  Condition: 'problems',
  AllergyIntolerance: 'allergies',
  Flag: 'allergies',
  MedicationRequest: 'medicines',
  MedicationStatement: 'medicines',
  MedicationDispense: 'medicines',
  MedicationAdministration: 'medicines',
  Medication: 'medicines',
  Observation: 'measures',
  DiagnosticReport: 'measures',
  Specimen: 'measures',
  Immunization: 'vaccines',
  DocumentReference: 'documents',
  Binary: 'documents',
  Encounter: 'visits',
  Appointment: 'visits',
  Procedure: 'visits',
  CarePlan: 'plans',
  CareTeam: 'plans',
  Goal: 'plans',
  Practitioner: 'staff',
  PractitionerRole: 'staff',
  Organization: 'staff',
  Location: 'staff',
  Coverage: 'bills',
  Claim: 'bills',
  Invoice: 'bills',
};

export interface Line {
  key: string;
  what: 'identity' | 'stay' | 'data';
  kind: Kind;
  all: boolean; /* of all people that the user may see, not of one patient */
  changes: boolean;
  only: string | null; /* the search condition that all of its scopes have: "category=laboratory" */
  wishes: Wish[];
}

/* What stands behind the question mark of a scope, decoded; null: nothing does. SPEC SMART App Launch 2.2,
 * finer-grained resource constraints. */
export function conditionOf(text: string): string | null {
  const mark = text.indexOf('?');
  if (mark < 0) return null;
  try {
    return decodeURIComponent(text.slice(mark + 1));
  } catch {
    return text.slice(mark + 1);
  }
}

/* "category=SYSTEM|laboratory" in parts: the parameter, and the code without its system. */
export function conditionParts(condition: string): { name: string; code: string } {
  const equals = condition.indexOf('=');
  const value = condition.slice(equals + 1);
  return { name: condition.slice(0, equals), code: value.slice(value.lastIndexOf('|') + 1) };
}

const stays = ['offline_access', 'online_access'];
const identity = ['openid', 'fhirUser', 'profile'];

export function linesOf(wishes: Wish[]): { lines: Line[]; always: Wish[] } {
  const lines = new Map<string, Line>();
  const always: Wish[] = [];
  for (const wish of wishes) {
    const isWord = wish.level === 'word';
    const what = !isWord ? 'data' : stays.includes(wish.text) ? 'stay' : identity.includes(wish.text) ? 'identity' : null;
    if (!what) {
      always.push(wish);
      continue;
    }
    const kind = isWord ? 'other' : (kinds[wish.type ?? ''] ?? 'other');
    const all = wish.level === 'user';
    const changes = /[cud]/.test(wish.letters ?? '');
    const only = isWord ? null : conditionOf(wish.text);
    const key = `${what} ${what === 'stay' ? wish.text : kind} ${all} ${changes} ${only ?? ''}`;
    const line = lines.get(key) ?? { key, what, kind, all, changes, only, wishes: [] };
    line.wishes.push(wish);
    lines.set(key, line);
  }
  return { lines: [...lines.values()], always };
}

/* The part of a wish that only looks; null: nothing is left. */
function looking(wish: Wish): string | null {
  const letters = (wish.letters ?? '').replace(/[cud]/g, '');
  const mark = wish.text.indexOf('?'); /* a condition stays: without it the scope would be wider */
  return letters ? `${wish.level}/${wish.type}.${letters}${mark < 0 ? '' : wish.text.slice(mark)}` : null;
}

export function allowedOf(lines: Line[], always: Wish[], ticked: Set<string>, lookOnly: boolean): string[] {
  const texts = lines
    .filter((line) => ticked.has(line.key))
    .flatMap((line) => line.wishes.map((wish) => (lookOnly && line.changes ? looking(wish) : wish.text)));
  return [...new Set([...always.map((wish) => wish.text), ...texts.filter((text) => text !== null)])];
}
