/* What a Belgian national number says by itself: the birth date, the sex, and whether its check
 * digits fit. Numbers of people who are not in the register have 20 or 40 added to the month. */
import { centuryOf } from '../fhir/read';
import { today } from '../i18n/format';

export interface NumberSays {
  digits: string;
  /* unfinished: not yet eleven digits. */
  state: 'empty' | 'unfinished' | 'right' | 'wrong';
  born: string | null;
  sex: 'female' | 'male' | null;
}

/* Month or day are 00, or beyond, for people whose birth date is not known. */
const isDay = (day: string) => !Number.isNaN(Date.parse(day)) && new Date(day).toISOString().slice(0, 10) === day;

export function readNumber(text: string): NumberSays {
  const digits = text.replace(/\D/g, '');
  const unsaid = { digits, born: null, sex: null };
  if (digits === '') return { ...unsaid, state: 'empty' };
  if (digits.length < 11) return { ...unsaid, state: 'unfinished' };
  const century = centuryOf(digits);
  if (!century) return { ...unsaid, state: 'wrong' };
  const month = Number(digits.slice(2, 4));
  const bis = month >= 40 ? 40 : month >= 20 ? 20 : 0;
  if (month - bis > 12) return { ...unsaid, state: 'wrong' };
  const born = `${century}${digits.slice(0, 2)}-${String(month - bis).padStart(2, '0')}-${digits.slice(4, 6)}`;
  return {
    digits,
    state: 'right',
    born: isDay(born) && born <= today() ? born : null,
    /* 20 on the month: the sex was not known. */
    sex: bis === 20 ? null : Number(digits.slice(6, 9)) % 2 === 1 ? 'male' : 'female',
  };
}
