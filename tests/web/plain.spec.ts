/* Rules without a browser: what typed text means, dates, national numbers, digits. */
import { expect, test } from './harness';
import { en } from '../../web/src/i18n/en';
import { showDate, showDateTime, showNationalNumber, monthsBetween } from '../../web/src/i18n/format';
import { interpret } from '../../web/src/patients/interpret';
import { layOut } from '../../web/src/calendar/lanes';
import type { Visit } from '../../web/src/care/visit';
import { instantOf } from '../../web/src/i18n/format';
import { readNumber } from '../../web/src/patients/national';
import { dialled } from '../../web/src/patients/digits';
import { inOrder, piecesOf } from '../../web/src/patients/match';
import { nationalNumberIsValid } from '../../web/src/fhir/read';
import { digitsOf, parseKeepingDigits } from '../../web/src/fhir/decimal';
import { seriesOf } from '../../web/src/fhir/measure';
import { chartPath, routeOf } from '../../web/src/app/router';
import type { Wish } from '../../web/src/programs/api';
import { allowedOf, conditionParts, linesOf } from '../../web/src/programs/wishes';

/* What is asked of the server, a line for each question, without _count; null: nothing yet. */
const meanings = [
  { typed: 'dup', asks: ['name=dup'], why: 'three letters of a name' },
  { typed: ' dup  mar ', asks: ['name=dup,dup mar&name=mar,dup mar'], why: 'each word must begin a name, in any order' },
  { typed: 'van den b', asks: ['name=van,van den,van den b&name=den,van den,van den b,den b&name=b,van den b,den b'], why: '"den" alone does not begin Van den Broeck' },
  { typed: 'Dupont, Élise', asks: ['name=Dupont,Dupont Élise&name=Élise,Dupont Élise'], why: 'a comma is how people write names' },
  { typed: "d'Udekem", asks: ["name=d'Udekem"], why: 'an apostrophe is part of a name' },
  { typed: 'a$|\\b', asks: ['name=a\\$\\|\\\\b'], why: 'signs of the language of search are letters here' },
  { typed: 'dupont 1985', asks: ['name=dupont&birthdate=1985'], why: 'a name and a year' },
  { typed: '07/1985 dup mar', asks: ['name=dup,dup mar&name=mar,dup mar&birthdate=1985-07'], why: 'the date may stand first' },
  { typed: 'dup 30 07 1985', asks: ['name=dup&birthdate=1985-07-30'], why: 'a date written with blanks' },
  { typed: 'dupont 30/07', asks: ['name=dupont'], why: 'until the date is one, the name is looked for' },
  { typed: 'd 1985', asks: ['name=d&birthdate=1985'], why: 'one letter is enough beside a date' },
  { typed: '30/07/1985', asks: ['birthdate=1985-07-30'], why: 'a date as it is written here' },
  { typed: '1985-07-30', asks: ['birthdate=1985-07-30'], why: 'as it is written in other programs' },
  { typed: '3.7.1985', asks: ['birthdate=1985-07-03'], why: 'dots and single digits' },
  { typed: '29/02/2024', asks: ['birthdate=2024-02-29'], why: 'a leap day' },
  { typed: '07/1985', asks: ['birthdate=1985-07'], why: 'a month' },
  { typed: '1985', asks: ['birthdate=1985'], why: 'a year' },
  { typed: '30/07/85', asks: ['birthdate=1985-07-30'], why: 'nobody is born in 2085 yet' },
  { typed: '30/07/05', asks: ['birthdate=1905-07-30,2005-07-30'], why: 'two digits of a year may be two years' },
  { typed: '30071985', asks: ['birthdate=1985-07-30', 'birthdate=1930-07-19'], why: 'a date without slashes, or the number of somebody born in 1930' },
  { typed: '85.07.30-033.28', asks: ['identifier=85073003328,85.07.30-033.28'], why: 'a national number as printed on the card' },
  { typed: '85073003328', asks: ['identifier=85073003328,85.07.30-033.28'], why: 'the same, digits only' },
  { typed: '850730', asks: ['birthdate=1985-07-30'], why: 'a national number begins with the birth date' },
  { typed: '85.07.30-03', asks: ['birthdate=1985-07-30'], why: 'some more of it' },
  { typed: '854730', asks: ['birthdate=1985-07-30'], why: 'a number given without the register: 40 added to the month' },
  { typed: '31061985', asks: ['birthdate=1931-06-19'], why: 'June has 30 days, so it can only be the number of somebody born in 1931' },
  { typed: '300719', asks: null, why: 'will be 30071985' },
  { typed: '29/02/2023', asks: null, why: 'no leap day in 2023' },
  { typed: '29.02.2023', asks: null, why: 'nor with dots' },
  { typed: '13/1985', asks: null, why: 'no such month' },
  { typed: '30/07', asks: null, why: 'a date without its year would find everybody' },
  { typed: '30/07/19', asks: null, why: 'will be 1985 or so' },
  { typed: '8507', asks: null, why: 'a third of a national number' },
  { typed: '859930', asks: null, why: 'no month of any calendar' },
  { typed: '047', asks: null, why: 'too few digits for a telephone number' },
  { typed: '0470', asks: ['telephone=0470'], why: 'a patient calls: the first digits' },
  { typed: '0470 12 34 5', asks: ['telephone=0470 12 34 5'], why: 'a telephone number that lacks a digit' },
  { typed: '+3247', asks: ['telephone=+3247'], why: 'the first digits, with the country' },
  { typed: '02 1', asks: null, why: 'Brussels, or a second of the month' },
  { typed: '02 123', asks: ['telephone=02 123'], why: 'Brussels' },
  { typed: '03/07', asks: null, why: 'a date whose year is still to come' },
  { typed: '03/07/19', asks: null, why: 'the same' },
  { typed: '123456789012', asks: null, why: 'too long for anything' },
  { typed: 'd', asks: null, why: 'one letter finds too many' },
  { typed: ' - ', asks: null, why: 'no letter, no digit' },
  { typed: '', asks: null, why: 'nothing typed' },
];

for (const { typed, asks, why } of meanings) {
  test(`typed "${typed}": ${why}`, () => {
    const meaning = interpret(typed, en);
    const asked = meaning.kind === 'search' ? meaning.asks.map((each) => decodeURIComponent(each.query).replace(/&?_count=\d+$/, '')) : null;
    expect(asked).toEqual(asks);
  });
}

/* What is asked for has the digits of what is stored. */
const phones = [
  { typed: '0461 12 34 56', stored: '+32 461 12 34 56', why: 'at home as in the whole world' },
  { typed: '+32 461 12 34 56', stored: '0461/12.34.56', why: 'and the other way round' },
  { typed: '+32461123456', stored: '0461 12 34 56', why: 'no blanks' },
  { typed: '0032 461 12 34 56', stored: '+32461123456', why: 'zeros for the plus' },
  { typed: '461123456', stored: '+32 461 12 34 56', why: 'without its zero' },
  { typed: '0461/123456', stored: '0461 123 456', why: 'another grouping' },
  { typed: '081 22 33 44', stored: '081/22.33.44', why: 'a number of Namur' },
  { typed: '081/22.33.44', stored: '+32 81 22 33 44', why: 'the same' },
  { typed: '02 123 45 67', stored: '+32 2 123 45 67', why: 'a number of Brussels' },
  { typed: '04 222 33 44', stored: '04/222.33.44', why: 'a number of Liège is no mobile number' },
  { typed: '+32 (0)461 12 34 56', stored: '+32 461 12 34 56', why: 'as on letter paper' },
  { typed: '+33 6 12 34 56 78', stored: '+33612345678', why: 'from abroad' },
  { typed: 'dupont 0461123456', stored: '+32 461 12 34 56', why: 'behind a name' },
];
for (const { typed, stored, why } of phones) {
  test(`the telephone number ${typed} is ${stored}: ${why}`, () => {
    const meaning = interpret(typed, en);
    const ask = meaning.kind === 'search' ? meaning.asks.find((each) => each.by.includes('phone')) : undefined;
    const asked = new URLSearchParams(ask?.query).get('telephone') ?? '';
    expect(dialled(asked)).toBe(dialled(stored));
  });
}

test('of those born on the day, the beginning of a number keeps whose number begins so', () => {
  const meaning = interpret('85.07.30-03', en);
  const keeps = meaning.kind === 'search' ? meaning.asks[0]?.keeps : undefined;
  const bearer = (value: string) => ({ resourceType: 'Patient', identifier: [{ value }] }) as never;
  expect(keeps?.(bearer('85073003328'))).toBe(true);
  expect(keeps?.(bearer('85.07.30-033.28'))).toBe(true);
  expect(keeps?.(bearer('85073004417'))).toBe(false);
  expect(keeps?.({ resourceType: 'Patient' } as never)).toBe(false);
});

test('names are also asked for by sound, and only names', () => {
  const sounds = (typed: string) => {
    const meaning = interpret(typed, en);
    return meaning.kind === 'search' ? meaning.sounds.map((each) => decodeURIComponent(each.query).replace(/&_count=\d+$/, '')) : null;
  };
  expect(sounds('dupond mark 1985')).toEqual(['phonetic=dupond mark&birthdate=1985']);
  expect(sounds('30/07/1985')).toEqual([]);
});

const marks = [
  { name: 'Dupont', words: ['dup'], shown: '[Dup]ont', why: 'the beginning' },
  { name: 'Élise', words: ['eli'], shown: '[Éli]se', why: 'an accent is no difference' },
  { name: 'E\u0301lise', words: ['e'], shown: '[E\u0301]lise', why: 'nor is one that is a character of its own' },
  { name: 'Van den Broeck', words: ['broe', 'van'], shown: '[Van] den [Broe]ck', why: 'each word of a name' },
  { name: 'Jean-Pierre', words: ['jean-p'], shown: '[Jean]-[P]ierre', why: 'as two words' },
  { name: 'Groß', words: ['gross'], shown: '[Groß]', why: 'one letter that is two' },
  { name: 'Dupont', words: ['upo'], shown: 'Dupont', why: 'the middle is not what was asked for' },
];
for (const { name, words, shown, why } of marks)
  test(`"${words.join(' ')}" in ${name}: ${why}`, () =>
    expect(
      piecesOf(name, words)
        .map((each) => (each.matched ? `[${each.text}]` : each.text))
        .join(''),
    ).toBe(shown));

test('the family name itself comes first, then its beginning, then given names', () => {
  const person = (family: string, given: string) => ({ resourceType: 'Patient', name: [{ family, given: [given] }] }) as never;
  const order = inOrder([person('Adam', 'Simon'), person('Simonis', 'Luc'), person('Simon', 'Zoé'), person('Simon', 'Anne')], ['simon']);
  expect(order.map((each) => `${each.name?.[0]?.family} ${each.name?.[0]?.given?.[0]}`)).toEqual(['Simon Anne', 'Simon Zoé', 'Simonis Luc', 'Adam Simon']);
});

test('a national number with a typing error is said to be one', () => {
  const meaning = interpret('85.07.30-033.29', en);
  expect(meaning.kind === 'search' && meaning.hint).toBe(en.find.numberWrong);
});

const numbers = [
  { digits: '85073003328', valid: true, why: 'the example of the national register' },
  { digits: '17073003384', valid: true, why: 'born in 2017: checked with a 2 before the nine digits' },
  { digits: '00010499952', valid: true, why: 'born in 1900' },
  { digits: '98472899765', valid: true, why: 'a BIS number: 40 on the month' },
  { digits: '01490700185', valid: true, why: 'one of 2001' },
  { digits: '00210000178', valid: true, why: '20 on the month: the sex is not known' },
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

test.describe('the clock of the centre', () => {
  test('both nights of the change', () => {
    for (const [day, minute, instant] of [
      ['2026-11-23', 540, '2026-11-23T08:00:00.000Z'],
      ['2026-07-01', 0, '2026-06-30T22:00:00.000Z'],
      ['2026-03-29', 90, '2026-03-29T00:30:00.000Z'],
      ['2026-03-29', 200, '2026-03-29T01:20:00.000Z'],
      /* 02:30 is not there that night: an hour later. */
      ['2026-03-29', 150, '2026-03-29T01:30:00.000Z'],
      ['2026-10-25', 90, '2026-10-24T23:30:00.000Z'],
      /* 02:30 is there twice: the first. */
      ['2026-10-25', 150, '2026-10-25T00:30:00.000Z'],
      ['2026-10-25', 200, '2026-10-25T02:20:00.000Z'],
    ] as const)
      expect(instantOf(day, minute), `${day} ${minute}`).toBe(instant);
  });
});

test.describe('national numbers', () => {
  /* Published examples: python-stdnum, hl7-be/core, the specimen card of eID. */
  test('say birth date and sex, or that they are wrong', () => {
    for (const [number, state, born, sex] of [
      ['85073003328', 'right', '1985-07-30', 'male'],
      ['17073003384', 'right', '2017-07-30', 'male'],
      ['12345678901', 'wrong', null, null],
      ['85133000105', 'wrong', null, null],
      ['71715100070', 'wrong', null, null],
      ['79121137740', 'wrong', null, null],
      ['98472899765', 'right', '1998-07-28', 'male'],
      ['75460898095', 'right', '1975-06-08', 'female'],
      ['85073500107', 'right', null, 'male'],
      ['00200100112', 'right', null, null],
      ['90083191801', 'right', '1990-08-31', 'female'],
      ['8507300332', 'unfinished', null, null],
    ] as const)
      expect(readNumber(number), number).toMatchObject({ state, born, sex });
  });
});

test.describe('lanes', () => {
  const visit = (from: number, to: number) => ({ from, to }) as Visit;
  test('visits at the same time stand side by side', () => {
    const laid = layOut([visit(540, 560), visit(550, 570), visit(570, 590), visit(600, 620)]);
    expect(laid.map(({ lane, lanes }) => [lane, lanes])).toEqual([
      [0, 2],
      [1, 2],
      [0, 1],
      [0, 1],
    ]);
  });
});

/* SPEC SMART App Launch 2.2, scopes with search parameters: what is ticked is what was asked for. */
test('a scope with a condition is a line of its own, and never widened', () => {
  const wishes: Wish[] = [
    { text: 'patient/Observation.rs?category=laboratory', level: 'patient', type: 'Observation', letters: 'rs' },
    { text: 'patient/Observation.cruds', level: 'patient', type: 'Observation', letters: 'cruds' },
    { text: 'patient/Condition.rs', level: 'patient', type: 'Condition', letters: 'rs' },
  ];
  const { lines, always } = linesOf(wishes);
  expect(lines.map((line) => line.only)).toEqual(['category=laboratory', null, null]);
  expect(conditionParts('category=http://terminology.hl7.org/CodeSystem/observation-category|laboratory')).toEqual({
    name: 'category',
    code: 'laboratory',
  });
  const all = new Set(lines.map((line) => line.key));
  expect(allowedOf(lines, always, all, true)).toContain('patient/Observation.rs?category=laboratory');
  const one = new Set([lines[0]?.key ?? '']);
  expect(allowedOf(lines, always, one, true)).toEqual(['patient/Observation.rs?category=laboratory']);
});
