/* What somebody means who types into the one search field: names, a birth date, a national number,
 * a telephone number, or names with one of those. Nothing is asked of the server before the text
 * can mean something. */
import type { Messages } from '../i18n/fr';
import { readDigits, type Reading } from './digits';

export type Kind = 'name' | Reading['by'];

export interface Ask {
  by: Kind[];
  query: string;
  keeps?: Reading['keeps'];
}

export type Meaning =
  | { kind: 'nothing' }
  | { kind: 'unfinished'; hint: string }
  /* asks: all at once; sounds: when they find nobody. words and digits: to show what matched. */
  | { kind: 'search'; asks: Ask[]; sounds: Ask[]; words: string[]; digits: string; hint: string | null };

export const pageSize = 50;
/* A birth date has few people, and the beginning of a number chooses among all of them. */
const dayMax = 500;
const wordsMax = 6;
const phraseMax = 4;

/* A backslash keeps its sense from these signs, as in any search of the record. */
const valueOf = (text: string) => encodeURIComponent(text.replace(/[\\$|]/g, '\\$&'));

/* Each word must begin a name, or be part of words that do: "den" does not begin "Van den Broeck",
 * "van den" does. */
function nameQuery(words: string[]): string {
  return words
    .map((word, at) => {
      const phrases = words.flatMap((_, from) =>
        words.flatMap((_, to) => (from <= at && at <= to && to > from && to - from < phraseMax ? [words.slice(from, to + 1).join(' ')] : [])),
      );
      return `name=${[word, ...phrases].map(valueOf).join(',')}`;
    })
    .join('&');
}

const join = (...parts: (string | null)[]) => parts.filter((part) => part !== null && part !== '').join('&');

function asksFor(named: string | null, readings: Reading[]): Ask[] {
  if (readings.length === 0) return [{ by: ['name'], query: join(named, `_count=${pageSize}`) }];
  return readings.map((reading) => ({
    by: named ? ['name', reading.by] : [reading.by],
    query: join(named, reading.query, `_count=${reading.keeps ? dayMax : pageSize}`),
    ...(reading.keeps ? { keeps: reading.keeps } : {}),
  }));
}

export function interpret(typed: string, t: Messages): Meaning {
  const parts = typed.split(/[\s,;]+/).filter((part) => /[\p{L}\d+]/u.test(part));
  const words = parts.filter((part) => /\p{L}/u.test(part)).slice(0, wordsMax);
  const numbers = parts.filter((part) => !/\p{L}/u.test(part)).join(' ');
  if (parts.length === 0) return { kind: 'nothing' };
  const read = numbers === '' ? { readings: [], hint: null } : readDigits(numbers, t);
  if (words.length === 0 && read.readings.length === 0) return { kind: 'unfinished', hint: read.hint ?? t.find.dateUnfinished };
  if (read.readings.length === 0 && words.join('').length < 2) return { kind: 'unfinished', hint: t.find.moreLetters };
  const named = words.length > 0 ? nameQuery(words) : null;
  const sounding = words.length > 0 ? `phonetic=${valueOf(words.join(' '))}` : null;
  return {
    kind: 'search',
    asks: asksFor(named, read.readings),
    sounds: sounding ? asksFor(sounding, read.readings) : [],
    words,
    digits: read.readings.length > 0 ? numbers.replace(/\D/g, '') : '',
    hint: read.hint,
  };
}
