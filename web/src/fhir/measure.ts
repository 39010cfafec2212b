/* Measurements as a clinician sees them: one series a thing measured, newest first, each value
 * with its unit, its limits and whether it lies outside of them. */
import type { Observation, ObservationComponent, Quantity } from 'fhir/r4';
import { secondsOf } from '../i18n/format';
import type { Messages } from '../i18n/fr';
import { digitsOf } from './decimal';
import { hasCode, wordsOf } from './read';

export type Flag = 'high' | 'low' | 'veryHigh' | 'veryLow' | 'abnormal';

export interface Value {
  number: number | null;
  text: string;
  unit: string;
  low: number | null;
  high: number | null;
  range: string;
  flag: Flag | null;
}

export interface Measure {
  id: string;
  date: string | undefined;
  seconds: number | null;
  status: string;
  note: string;
  values: Value[];
}

export interface Series {
  key: string;
  name: string;
  unit: string;
  /* One name a value; a blood pressure has two. */
  parts: string[];
  measures: Measure[];
}

const loinc = 'http://loinc.org';
const systolic = ['8480-6'];
const diastolic = ['8462-4'];

type VitalName = Exclude<keyof Messages['vitals'], 'title' | 'last' | 'none'>;

/* The vital signs that have a name in our four languages, in the order in which they are shown.
 * Every other measurement is shown too, under the name that it carries. */
const vitalNames: { name: VitalName; codes: string[] }[] = [
  { name: 'bloodPressure', codes: ['85354-9', '55284-4'] },
  { name: 'heartRate', codes: ['8867-4'] },
  { name: 'weight', codes: ['29463-7', '3141-9'] },
  { name: 'bmi', codes: ['39156-5'] },
  { name: 'height', codes: ['8302-2'] },
  { name: 'temperature', codes: ['8310-5', '8331-1'] },
  { name: 'oxygen', codes: ['59408-5', '2708-6'] },
  { name: 'respiration', codes: ['9279-1'] },
  { name: 'headCircumference', codes: ['9843-4', '8287-5'] },
  { name: 'waist', codes: ['8280-0', '56086-2'] },
  { name: 'glucose', codes: ['41653-7', '2339-0'] },
  { name: 'pain', codes: ['72514-3'] },
];

/* Units as people write them; the record has the UCUM code when no other is given. */
const unitWords: Record<string, string> = {
  'mm[Hg]': 'mmHg',
  '/min': '/min',
  '{beats}/min': '/min',
  'beats/min': '/min',
  Cel: '°C',
  'kg/m2': 'kg/m²',
  '{score}': '',
  '1': '',
};

function unitOf(quantity: Quantity): string {
  const unit = quantity.unit ?? quantity.code ?? '';
  return unitWords[unit] ?? unit;
}

export function showNumber(digits: string, language: string): string {
  return language === 'en' ? digits : digits.replace('.', ',');
}

type Source = Observation | ObservationComponent;

function flagOf(source: Source, value: number | null, low: number | null, high: number | null): Flag | null {
  for (const each of source.interpretation ?? []) {
    if (hasCode(each, 'HH', 'HU')) return 'veryHigh';
    if (hasCode(each, 'LL', 'LU')) return 'veryLow';
    if (hasCode(each, 'H')) return 'high';
    if (hasCode(each, 'L')) return 'low';
    if (hasCode(each, 'A', 'AA', 'POS')) return 'abnormal';
    if (hasCode(each, 'N', 'NEG')) return null;
  }
  if (value !== null && high !== null && value > high) return 'high';
  if (value !== null && low !== null && value < low) return 'low';
  return null;
}

function rangeText(source: Source, language: string): string {
  const range = source.referenceRange?.[0];
  if (!range) return '';
  const low = range.low && digitsOf(range.low, 'value');
  const high = range.high && digitsOf(range.high, 'value');
  if (low && high) return `${showNumber(low, language)} – ${showNumber(high, language)}`;
  if (high) return `≤ ${showNumber(high, language)}`;
  if (low) return `≥ ${showNumber(low, language)}`;
  return range.text ?? '';
}

function valueOf(source: Source, language: string): Value {
  const quantity = source.valueQuantity;
  const number = quantity?.value ?? source.valueInteger ?? null;
  const low = source.referenceRange?.[0]?.low?.value ?? null;
  const high = source.referenceRange?.[0]?.high?.value ?? null;
  let text = '';
  if (quantity) text = `${quantity.comparator ?? ''}${showNumber(digitsOf(quantity, 'value') ?? '', language)}`;
  else if (source.valueInteger !== undefined) text = String(source.valueInteger);
  else if (source.valueString !== undefined) text = source.valueString;
  else if (source.valueCodeableConcept) text = wordsOf(source.valueCodeableConcept) ?? '';
  else if (source.dataAbsentReason) text = wordsOf(source.dataAbsentReason) ?? '';
  return {
    number,
    text: text || '—',
    unit: quantity ? unitOf(quantity) : '',
    low,
    high,
    range: rangeText(source, language),
    flag: flagOf(source, number, low, high),
  };
}

function partsOf(observation: Observation, t: Messages): { names: string[]; sources: Source[] } {
  const components = observation.component ?? [];
  const high = components.find((each) => hasCode(each.code, ...systolic));
  const low = components.find((each) => hasCode(each.code, ...diastolic));
  if (high && low) return { names: [t.vitals.systolic, t.vitals.diastolic], sources: [high, low] };
  const own = observation.valueQuantity ?? observation.valueString ?? observation.valueCodeableConcept ?? observation.valueInteger;
  if (own === undefined && components.length > 0)
    return { names: components.map((each) => wordsOf(each.code) ?? ''), sources: components };
  return { names: [''], sources: [observation] };
}

function keyOf(observation: Observation): string {
  const coding = observation.code.coding ?? [];
  const best = coding.find((each) => each.system === loinc) ?? coding[0];
  return best?.code ?? observation.code.text ?? '';
}

export function seriesOf(observations: Observation[], t: Messages, language: string): Series[] {
  const all = new Map<string, Series>();
  for (const observation of observations) {
    if (observation.status === 'entered-in-error') continue;
    const { names, sources } = partsOf(observation, t);
    const vital = vitalNames.find((each) => each.codes.includes(keyOf(observation)));
    const values = sources.map((source) => valueOf(source, language));
    const unit = values[0]?.unit ?? '';
    /* The same analysis in another unit is another curve. */
    const key = `${vital?.name ?? keyOf(observation)}|${unit}|${names.length}`;
    const series = all.get(key) ?? {
      key,
      name: vital ? t.vitals[vital.name] : (wordsOf(observation.code) ?? t.chart.noText),
      unit,
      parts: names,
      measures: [],
    };
    const date = observation.effectiveDateTime ?? observation.effectiveInstant ?? observation.effectivePeriod?.start ?? observation.issued;
    series.measures.push({
      id: observation.id ?? '',
      date,
      seconds: secondsOf(date),
      status: observation.status,
      note: (observation.note ?? []).map((each) => each.text).join(' '),
      values,
    });
    all.set(key, series);
  }
  for (const series of all.values()) series.measures.sort((a, b) => (b.seconds ?? 0) - (a.seconds ?? 0));
  return [...all.values()];
}

function vitalRank(series: Series): number {
  const at = vitalNames.findIndex((each) => series.key.startsWith(`${each.name}|`));
  return at < 0 ? vitalNames.length : at;
}

export function inVitalOrder(series: Series[]): Series[] {
  return [...series].sort((a, b) => vitalRank(a) - vitalRank(b));
}

export function byName(series: Series[], language: string): Series[] {
  return [...series].sort((a, b) => a.name.localeCompare(b.name, language));
}

export function worstFlag(measure: Measure | undefined): Flag | null {
  return measure?.values.find((each) => each.flag)?.flag ?? null;
}

/* 128/82, or the one value there is. */
export function measureText(measure: Measure): string {
  return measure.values.map((each) => each.text).join('/');
}
