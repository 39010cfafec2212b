/* What typed digits can mean: a birth date, the beginning of a national number, a whole national
 * number, a telephone number. Some digits mean two of these; then both are looked for. */
import type { Patient } from 'fhir/r4';
import { today } from '../i18n/format';
import type { Messages } from '../i18n/fr';
import { nationalNumberIsValid, nationalNumberOf } from '../fhir/read';

export interface Reading {
  by: 'date' | 'number' | 'phone';
  query: string;
  /* What the server cannot tell: true for those that are meant. */
  keeps?: (patient: Patient) => boolean;
}

export interface Digits {
  readings: Reading[];
  /* Why there is no reading yet, or what looks wrong with the one there is. */
  hint: string | null;
}

const unread = (hint: string): Digits => ({ readings: [], hint });
const pad = (value: number) => String(value).padStart(2, '0');

/* ---- dates */

function isoDay(day: number, month: number, year: number): string | null {
  const date = new Date(Date.UTC(year, month - 1, day));
  const real = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return real && year >= 1850 && year <= 2200 ? date.toISOString().slice(0, 10) : null;
}

/* 1985, 1985-07 and 1985-07-30 in the ways that people write them; undefined: no date at all,
 * null: one that the calendar does not have. Two digits of a year are taken for 19.. and 20..,
 * except 19 and 20 themselves: those are the beginning of four digits. */
function datesOf(text: string): string[] | null | undefined {
  const year = /^(18|19|20)\d\d$/.exec(text);
  if (year) return [text];
  const month = /^(\d{1,2})[./\- ](\d{4})$/.exec(text);
  if (month) return Number(month[1]) >= 1 && Number(month[1]) <= 12 ? [`${month[2]}-${pad(Number(month[1]))}`] : null;
  const iso = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(text);
  const day = iso ? [iso[0], iso[3], iso[2], iso[1]] : (/^(\d{1,2})[./\- ](\d{1,2})[./\- ](\d{4})$/.exec(text) ?? /^(\d\d)(\d\d)((?:18|19|20)\d\d)$/.exec(text));
  if (day) {
    const found = isoDay(Number(day[1]), Number(day[2]), Number(day[3]));
    return found ? [found] : null;
  }
  const short = /^(\d{1,2})[./\- ](\d{1,2})[./\- ](\d\d)$/.exec(text);
  if (!short || short[3] === '19' || short[3] === '20') return undefined;
  const found = bothCenturies(Number(short[1]), Number(short[2]), Number(short[3]));
  return found.length > 0 ? found : undefined;
}

function bothCenturies(day: number, month: number, year: number): string[] {
  return [isoDay(day, month, 1900 + year), isoDay(day, month, 2000 + year)].filter((each) => each !== null && each <= today()) as string[];
}

/* ---- national numbers */

/* A national number begins with the birth date, year first: so a beginning of six digits and more
 * is a search by date, and the rest of the digits chooses. People without a number of the register
 * have 20 or 40 added to the month. */
function beginningOf(digits: string): Reading | null {
  const month = Number(digits.slice(2, 4));
  const dates = bothCenturies(Number(digits.slice(4, 6)), month > 40 ? month - 40 : month > 20 ? month - 20 : month, Number(digits.slice(0, 2)));
  if (digits.length < 6 || dates.length === 0) return null;
  return {
    by: 'number',
    query: `birthdate=${dates.join(',')}`,
    keeps: (patient) => nationalNumberOf(patient)?.startsWith(digits) ?? false,
  };
}

/* 300719 may become 30071985: until the eighth digit nobody knows. */
const mayBecomeDate = (digits: string) => digits.length < 8 && /^(0[1-9]|[12]\d|3[01])(0[1-9]|1[0-2])(18|19|20)/.test(digits);

function numberOf(digits: string): Reading | null {
  if (digits.length < 11) return mayBecomeDate(digits) ? null : beginningOf(digits);
  if (digits.length > 11) return null;
  const written = digits.replace(/^(..)(..)(..)(...)(..)$/, '$1.$2.$3-$4.$5');
  return { by: 'number', query: `identifier=${digits},${written}` };
}

/* ---- telephone numbers */

const home = '32';
/* Behind the zero: mobile numbers have nine digits. */
const isMobile = (digits: string) => /^4[5-9]\d{7}$/.test(digits);
/* 30/07, 3.7.19: the beginning of a date. */
const mayBeDay = (text: string) => /^(0?[1-9]|[12]\d|3[01])[./\- ](0?[1-9]|1[0-2])([./\- ]\d{0,4})?$/.test(text);
const mayBeDayMonth = (digits: string) => /^(0[1-9]|[12]\d|3[01])(0[1-9]|1[0-2])/.test(digits);

/* The digits that are dialled from anywhere, as the record compares them: the country's first. */
export function dialled(text: string): string {
  const digits = text.replace(/\(0\)/, text.startsWith('+') || text.startsWith('00') ? '' : '0').replace(/\D/g, '');
  if (/^\s*\+/.test(text)) return digits;
  if (digits.startsWith('00')) return digits.slice(2);
  if (digits.startsWith(home) && digits.length >= home.length + 8) return digits;
  return digits === '' ? '' : home + digits.replace(/^0/, '');
}

/* A beginning is enough, in any spelling: from four digits on, from six where they may become a
 * date. */
function phoneOf(text: string): Reading | null {
  const digits = text.replace(/\D/g, '');
  const foreign = /^\+|^00/.test(text);
  const least = /^\d+$/.test(text) && mayBeDayMonth(digits) ? 6 : 4;
  const begun = foreign ? digits.replace(/^00/, '').length >= 4 : /^0[1-9]/.test(digits) ? digits.length >= least : isMobile(digits);
  return begun && digits.length <= 15 && !mayBeDay(text) ? { by: 'phone', query: `telephone=${encodeURIComponent(text)}` } : null;
}

/* ---- all of them */

export function readDigits(text: string, t: Messages): Digits {
  const digits = text.replace(/\D/g, '');
  const dates = datesOf(text);
  /* 30.07.1985 is nothing else; 30071985 may also be the number of somebody born in 1930. */
  const onlyDate = dates !== undefined && (text.length < 6 || /\D\d{4}$|^\d{4}\D/.test(text));
  const number = onlyDate || !/^\d[\d.\- ]*$/.test(text) ? null : numberOf(digits);
  const date: Reading | null = dates ? { by: 'date', query: `birthdate=${dates.join(',')}` } : null;
  const readings = [date, number, onlyDate ? null : phoneOf(text)].filter((each) => each !== null);
  if (readings.length === 0) return unread(dates === null ? t.find.dateImpossible : unfinished(text, digits, t));
  const wrong = digits.length === 11 && readings.length === 1 && number !== null && !nationalNumberIsValid(digits);
  return { readings, hint: wrong ? t.find.numberWrong : null };
}

function unfinished(text: string, digits: string, t: Messages): string {
  if (/^\+|^0[1-9]\d|^00/.test(text) && digits.length <= 15) return t.find.phoneUnfinished;
  if (digits.length > 11) return t.find.numberTooLong;
  if (digits.length > 8) return t.find.numberUnfinished(11 - digits.length);
  return t.find.dateUnfinished;
}
