/* Rules without a browser: what typed text means, dates, national numbers, digits. */
import { expect, test } from './harness';
import { en } from '../../web/src/i18n/en';
import { showDate, showDateTime, showNationalNumber, monthsBetween } from '../../web/src/i18n/format';
import { interpret } from '../../web/src/patients/interpret';
import { nationalNumberIsValid } from '../../web/src/fhir/read';
import { digitsOf, parseKeepingDigits } from '../../web/src/fhir/decimal';
import { seriesOf } from '../../web/src/fhir/measure';
import { chartPath, routeOf } from '../../web/src/app/router';

const meanings = [
  { typed: 'dup', query: 'name=dup&_sort=name&_count=20', why: 'three letters of a name' },
  { typed: ' dup  mar ', query: 'name=dup&name=mar&_sort=name&_count=20', why: 'each word must match' },
  { typed: 'Dupont, Élise', query: 'name=Dupont&name=%C3%89lise&_sort=name&_count=20', why: 'a comma is how people write names' },
  { typed: "d'Udekem", query: "name=d'Udekem&_sort=name&_count=20", why: 'an apostrophe is part of a name' },
  { typed: '30/07/1985', query: 'birthdate=1985-07-30&_count=20', why: 'a date as it is written here' },
  { typed: '30071985', query: 'birthdate=1985-07-30&_count=20', why: 'the same without slashes' },
  { typed: '3.7.1985', query: 'birthdate=1985-07-03&_count=20', why: 'dots and single digits' },
  { typed: '29/02/2024', query: 'birthdate=2024-02-29&_count=20', why: 'a leap day' },
  { typed: '85.07.30-033.28', query: 'identifier=85073003328&_count=20', why: 'a national number as printed on the card' },
  { typed: '85073003328', query: 'identifier=85073003328&_count=20', why: 'the same, digits only' },
  { typed: '29/02/2023', query: null, why: 'no leap day in 2023' },
  { typed: '31061985', query: null, why: 'June has 30 days' },
  { typed: '30/07', query: null, why: 'a date without its year would find everybody' },
  { typed: '850730', query: null, why: 'half a national number' },
  { typed: 'd', query: null, why: 'one letter finds too many' },
  { typed: '', query: null, why: 'nothing typed' },
] as const;

for (const { typed, query, why } of meanings) {
  test(`typed "${typed}": ${why}`, () => {
    const meaning = interpret(typed, en);
    expect(meaning.kind === 'search' ? meaning.query : null).toBe(query);
  });
}

test('a national number with a typing error is said to be one', () => {
  const meaning = interpret('85.07.30-033.29', en);
  expect(meaning.kind === 'search' && meaning.warning).toBe(en.find.numberWrong);
});

const numbers = [
  { digits: '85073003328', valid: true, why: 'the example of the national register' },
  { digits: '17073003384', valid: true, why: 'born in 2017: checked with a 2 before the nine digits' },
  { digits: '85073003329', valid: false, why: 'last digit wrong' },
  { digits: '8507300332', valid: false, why: 'ten digits' },
];
for (const { digits, valid, why } of numbers)
  test(`national number ${digits}: ${why}`, () => expect(nationalNumberIsValid(digits)).toBe(valid));

test('a national number is written with dots and a dash', () => expect(showNationalNumber('85073003328')).toBe('85.07.30-033.28'));

const moments = [
  { text: '2026-03-29T00:59:00Z', shown: '29/03/2026 01:59', why: 'a minute before clocks go forward' },
  { text: '2026-03-29T01:00:00Z', shown: '29/03/2026 03:00', why: 'the hour from 2 to 3 does not exist' },
  { text: '2026-10-25T00:30:00Z', shown: '25/10/2026 02:30', why: 'the first half past two of that night' },
  { text: '2026-10-25T01:30:00Z', shown: '25/10/2026 02:30', why: 'the second one' },
  { text: '2026-07-01T22:30:00Z', shown: '02/07/2026 00:30', why: 'already tomorrow in the centre; midnight is 00 and not 24' },
  { text: '2026-07-01T23:10:00-05:00', shown: '02/07/2026 06:10', why: 'written elsewhere, shown in the zone of the centre' },
  { text: '1985-07-30', shown: '30/07/1985', why: 'a day has no zone' },
  { text: '1985-07', shown: '07/1985', why: 'only a month is known' },
  { text: '1985', shown: '1985', why: 'only a year is known' },
  { text: 'yesterday', shown: '', why: 'not a date' },
];
for (const { text, shown, why } of moments) test(`${text} is shown as "${shown}": ${why}`, () => expect(showDateTime(text)).toBe(shown));

test('an age counts completed months', () => {
  expect(monthsBetween('2024-03-15', '2026-03-14')).toBe(23);
  expect(monthsBetween('2024-03-15', '2026-03-15')).toBe(24);
});

test('a date is never the day before', () => expect(showDate('2000-01-01')).toBe('01/01/2000'));

test('a laboratory value keeps its last zero', () => {
  const value = parseKeepingDigits('{"a":{"value":7.10},"b":{"value":140},"c":{"value":0.50}}') as Record<string, object>;
  /* Older engines give no source text; then the shortest form is all there is. */
  const kept = (JSON.parse as unknown as (text: string, see: (key: string, value: unknown, context?: { source?: string }) => unknown) => unknown)(
    '1.0',
    (_, __, context) => context?.source !== undefined,
  );
  expect(digitsOf(value.a ?? {}, 'value')).toBe(kept ? '7.10' : '7.1');
  expect(digitsOf(value.b ?? {}, 'value')).toBe('140');
});

function observation(more: object): never {
  return { resourceType: 'Observation', status: 'final', code: { coding: [{ system: 'http://loinc.org', code: '2823-3' }], text: 'Potassium' }, effectiveDateTime: '2026-01-01', ...more } as never;
}
const limits = [{ low: { value: 3.5 }, high: { value: 5.1 } }];
const flags = [
  { more: { valueQuantity: { value: 5.2 }, referenceRange: limits }, flag: 'high', why: 'above the limit, no interpretation given' },
  { more: { valueQuantity: { value: 5.1 }, referenceRange: limits }, flag: null, why: 'the limit itself is inside' },
  { more: { valueQuantity: { value: 3.4 }, referenceRange: limits }, flag: 'low', why: 'below the limit' },
  { more: { valueQuantity: { value: 5.2 }, referenceRange: limits, interpretation: [{ coding: [{ code: 'N' }] }] }, flag: null, why: 'the laboratory says normal' },
  { more: { valueQuantity: { value: 6.9 }, interpretation: [{ coding: [{ code: 'HH' }] }] }, flag: 'veryHigh', why: 'the laboratory says critical' },
];
for (const { more, flag, why } of flags)
  test(`flag ${flag}: ${why}`, () => expect(seriesOf([observation(more)], en, 'en')[0]?.measures[0]?.values[0]?.flag ?? null).toBe(flag));

test('the same analysis in another unit is another curve', () => {
  const series = seriesOf([observation({ valueQuantity: { value: 4, unit: 'mmol/L' } }), observation({ valueQuantity: { value: 4000, unit: 'µmol/L' } })], en, 'en');
  expect(series.length).toBe(2);
});

test('a value entered in error is not shown', () => expect(seriesOf([observation({ status: 'entered-in-error', valueQuantity: { value: 4 } })], en, 'en')).toEqual([]));

test('an address names a patient or nothing', () => {
  expect(routeOf('/p/abc-1/results')).toEqual({ page: 'chart', patientId: 'abc-1', section: 'results' });
  expect(routeOf(chartPath('abc-1'))).toEqual({ page: 'chart', patientId: 'abc-1', section: 'summary' });
  for (const path of ['/p', '/p/a b', '/p/a%2Fb', '/p/abc/other', '/p/abc/results/more', `/p/${'x'.repeat(65)}`, '/elsewhere'])
    expect(routeOf(path).page, path).toBe('missing');
});
