/* What a screen needs to know of a person and of a coded thing, read defensively: everything in
 * the record is optional. */
import type { CodeableConcept, Coding, HumanName, Patient, Reference } from 'fhir/r4';
import { momentOf, monthsBetween, today } from '../i18n/format';
import type { Messages } from '../i18n/fr';

export interface PersonName {
  family: string;
  given: string;
}

const nameOrder = ['official', 'usual', undefined, 'temp', 'nickname', 'anonymous', 'maiden', 'old'];

export function nameOf(names: HumanName[] | undefined): PersonName | null {
  const best = [...(names ?? [])].sort((a, b) => nameOrder.indexOf(a.use) - nameOrder.indexOf(b.use))[0];
  if (!best) return null;
  if (!best.family && !best.given?.length) return best.text ? { family: best.text, given: '' } : null;
  return { family: best.family ?? '', given: (best.given ?? []).join(' ') };
}

export function nameText(names: HumanName[] | undefined, t: Messages): string {
  const name = nameOf(names);
  return name ? `${name.family.toLocaleUpperCase()} ${name.given}`.trim() : t.person.unnamed;
}

/* The two check digits are 97 minus the rest of the first nine, with a 2 before them for people
 * born from 2000 on. Of which century eleven digits are; null: they are no national number. */
export function centuryOf(digits: string): '19' | '20' | null {
  if (!/^\d{11}$/.test(digits)) return null;
  const fits = (before: string) => 97 - (Number(before + digits.slice(0, 9)) % 97) === Number(digits.slice(9));
  return fits('') ? '19' : fits('2') ? '20' : null;
}

export const nationalNumberIsValid = (digits: string): boolean => centuryOf(digits) !== null;

export function nationalNumberOf(patient: Patient): string | null {
  const digits = (patient.identifier ?? [])
    .filter((each) => each.use !== 'old')
    .map((each) => ({ system: each.system ?? '', value: (each.value ?? '').replace(/[.\-\s]/g, '') }))
    .filter((each) => /^\d{11}$/.test(each.value));
  const named = digits.find((each) => /ssin|national|1\.3\.6\.1\.4\.1\.21297/i.test(each.system));
  return named?.value ?? digits.find((each) => nationalNumberIsValid(each.value))?.value ?? null;
}

export function ageOf(patient: Patient, t: Messages): string {
  if (!patient.birthDate) return '';
  const until = patient.deceasedDateTime ?? today();
  const months = monthsBetween(patient.birthDate, until);
  if (months === null || months < 0) return '';
  const exact = momentOf(patient.birthDate)?.day !== null;
  return months < 24 && exact ? t.person.months(months) : t.person.years(Math.floor(months / 12));
}

export function sexOf(patient: Patient, t: Messages): string {
  switch (patient.gender) {
    case 'female':
      return t.person.female;
    case 'male':
      return t.person.male;
    case 'other':
      return t.person.other;
    default:
      return t.person.unknown;
  }
}

/* The one to call first stands first. */
export function phonesOf(patient: Patient): string[] {
  const phones = (patient.telecom ?? []).filter((each) => each.system === 'phone' && each.value && each.use !== 'old');
  const order = ['mobile', 'home', 'work', undefined];
  return [...phones].sort((a, b) => order.indexOf(a.use) - order.indexOf(b.use)).map((each) => each.value ?? '');
}

export function phoneOf(patient: Patient): string | null {
  return phonesOf(patient)[0] ?? null;
}

export function placeOf(patient: Patient): string {
  const address = patient.address?.find((each) => each.use !== 'old');
  return [address?.postalCode, address?.city].filter(Boolean).join(' ');
}

/* The words of a coded thing: what its author wrote, else the name of the code. */
export function wordsOf(concept: CodeableConcept | undefined): string | null {
  if (!concept) return null;
  return concept.text ?? concept.coding?.find((each) => each.display)?.display ?? concept.coding?.find((each) => each.code)?.code ?? null;
}

export function hasCode(concept: CodeableConcept | undefined, ...codes: string[]): boolean {
  return (concept?.coding ?? []).some((each) => each.code !== undefined && codes.includes(each.code));
}

export function codeIn(concept: CodeableConcept | undefined, system: string): string | null {
  return concept?.coding?.find((each: Coding) => each.system === system)?.code ?? null;
}

export function displayOf(reference: Reference | undefined): string | null {
  return reference?.display ?? null;
}
