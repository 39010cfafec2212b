/* Which part of a patient answered to what was typed, and who of several comes first. */
import type { HumanName, Patient } from 'fhir/r4';
import { nameOf, phonesOf } from '../fhir/read';
import { dialled } from './digits';

/* As the server compares names: no case, no accents. */
export function plain(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().replace(/ß/g, 'ss');
}

export interface Piece {
  text: string;
  matched: boolean;
}

/* How many characters of `text` stand for the beginning `typed`; 0 when it does not begin so. */
function reach(text: string, typed: string): number {
  const wanted = plain(typed);
  if (wanted === '' || !plain(text).startsWith(wanted)) return 0;
  let end = 0;
  while (end < text.length && plain(text.slice(0, end)).length < wanted.length) end++;
  while (end < text.length && /\p{M}/u.test(text.charAt(end))) end++;
  return end;
}

/* A name in pieces: the beginnings of its words that were typed are matched. */
export function piecesOf(name: string, words: string[]): Piece[] {
  const typed = words.flatMap((word) => word.split(/[^\p{L}\p{M}\d]+/u));
  return (name.match(/[\p{L}\p{M}\d]+|[^\p{L}\p{M}\d]+/gu) ?? []).flatMap((part) => {
    const end = Math.max(0, ...typed.map((word) => reach(part, word)));
    return [
      { text: part.slice(0, end), matched: true },
      { text: part.slice(end), matched: false },
    ].filter((piece) => piece.text !== '');
  });
}

const hasMatch = (name: string, words: string[]) => piecesOf(name, words).some((piece) => piece.matched);
const written = (name: HumanName) => [...(name.given ?? []), name.family].filter(Boolean).join(' ') || (name.text ?? '');

/* The name that was found when it is not the one on screen: a maiden name, a name of before. */
export function otherNameOf(patient: Patient, words: string[]): string | null {
  const shown = nameOf(patient.name);
  const missing = words.filter((word) => !hasMatch(`${shown?.family ?? ''} ${shown?.given ?? ''}`, [word]));
  if (missing.length === 0) return null;
  return (patient.name ?? []).map(written).find((name) => hasMatch(name, missing)) ?? null;
}

/* The telephone number that begins with the digits typed, with or without its country. */
export function phoneMatching(patient: Patient, digits: string): string | null {
  const typed = [dialled(digits), dialled(`+${digits}`)].filter((each) => each.length >= 4);
  return phonesOf(patient).find((each) => typed.some((one) => dialled(each).startsWith(one))) ?? null;
}

/* The family name itself, then its beginning, then the rest; each by family and given name. */
export function inOrder(patients: Patient[], words: string[]): Patient[] {
  const phrases = words.flatMap((_, from) => words.slice(from).map((_, more) => plain(words.slice(from, from + more + 1).join(' '))));
  const rows = patients.map((patient) => {
    const name = nameOf(patient.name);
    const family = plain(name?.family ?? '');
    const rank = phrases.includes(family) ? 0 : phrases.some((phrase) => family.startsWith(phrase)) ? 1 : 2;
    return { patient, rank, by: `${family}\n${plain(name?.given ?? '')}\n${patient.birthDate ?? ''}` };
  });
  return rows.sort((a, b) => a.rank - b.rank || a.by.localeCompare(b.by)).map((row) => row.patient);
}
