/* What somebody means who types into the one search field: a name, a birth date or a national
 * number. Nothing is asked of the server before the text can mean something. */
import type { Messages } from '../i18n/fr';
import { nationalNumberIsValid } from '../fhir/read';

export type Meaning =
  | { kind: 'nothing' }
  | { kind: 'unfinished'; hint: string }
  | { kind: 'search'; by: 'name' | 'date' | 'number'; query: string; warning: string | null };

export const pageSize = 20;

function isoDate(day: number, month: number, year: number): string | null {
  const date = new Date(Date.UTC(year, month - 1, day));
  const real = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return real && year >= 1850 && year <= 2200 ? date.toISOString().slice(0, 10) : null;
}

function byDate(day: string, month: string, year: string, t: Messages): Meaning {
  const date = isoDate(Number(day), Number(month), Number(year));
  if (!date) return { kind: 'unfinished', hint: t.find.dateImpossible };
  return { kind: 'search', by: 'date', query: `birthdate=${date}&_count=${pageSize}`, warning: null };
}

function byNumber(digits: string, t: Messages): Meaning {
  const warning = nationalNumberIsValid(digits) ? null : t.find.numberWrong;
  return { kind: 'search', by: 'number', query: `identifier=${digits}&_count=${pageSize}`, warning };
}

function fromDigits(text: string, t: Messages): Meaning {
  const digits = text.replace(/\D/g, '');
  if (digits.length === 11) return byNumber(digits, t);
  if (digits.length > 11) return { kind: 'unfinished', hint: t.find.numberTooLong };
  const parts = /^(\d{1,2})[./\- ](\d{1,2})[./\- ](\d{4})$/.exec(text);
  if (parts) return byDate(parts[1] ?? '', parts[2] ?? '', parts[3] ?? '', t);
  if (/^\d{8}$/.test(text)) return byDate(text.slice(0, 2), text.slice(2, 4), text.slice(4), t);
  if (digits.length > 8) return { kind: 'unfinished', hint: t.find.numberUnfinished(11 - digits.length) };
  return { kind: 'unfinished', hint: t.find.dateUnfinished };
}

export function interpret(typed: string, t: Messages): Meaning {
  const text = typed.trim();
  if (text === '') return { kind: 'nothing' };
  if (/^[\d./\- ]+$/.test(text)) return fromDigits(text, t);
  const words = text.split(/[\s,]+/).filter((word) => word !== '');
  if (words.join('').length < 2) return { kind: 'unfinished', hint: t.find.moreLetters };
  const names = words.map((word) => `name=${encodeURIComponent(word)}`).join('&');
  return { kind: 'search', by: 'name', query: `${names}&_sort=name&_count=${pageSize}`, warning: null };
}
