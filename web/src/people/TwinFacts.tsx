/* One candidate in words: who it is, how likely, and why. */
import type { Patient } from 'fhir/r4';
import { ageOf, nationalNumberOf, sexOf } from '../fhir/read';
import { useText } from '../i18n';
import type { Messages } from '../i18n/fr';
import { showDate, showNationalNumber } from '../i18n/format';
import type { Reason, Twin } from './twins';

const gradeTone = { certain: 'tag tag-bad', probable: 'tag tag-warn', possible: 'tag' } as const;

/* The server's word, when there is none of ours. */
export const word = (words: Record<string, string>, key: string): string => words[key] ?? key;

export function reasonText(reason: Reason, t: Messages): string {
  return `${word(t.twins.fields, reason.field)}: ${word(t.twins.how, reason.how)}`;
}

export function factsOf(patient: Patient, t: Messages): string {
  const number = nationalNumberOf(patient);
  return [showDate(patient.birthDate), ageOf(patient, t), sexOf(patient, t), number ? showNationalNumber(number) : ''].filter(Boolean).join(' · ');
}

export function Grade({ twin }: { twin: Twin }) {
  const t = useText();
  return <span className={gradeTone[twin.grade]}>{t.twins.grades[twin.grade]}</span>;
}
