/* A form and what is typed into it. What is typed is kept as text, so that a draft loses nothing
 * that is not yet an answer; it becomes one when the form is handed in. Which questions are asked
 * follows the server's rule (docs/guide/consultation.md): an answer counts wherever it stands, and only while
 * its own question is asked. */
import type {
  Coding,
  Extension,
  Questionnaire,
  QuestionnaireItem,
  QuestionnaireItemAnswerOption,
  QuestionnaireItemEnableWhen,
  QuestionnaireResponse,
  QuestionnaireResponseItem,
  QuestionnaireResponseItemAnswer,
  ValueSet,
} from 'fhir/r4';
import { digitsOf } from '../fhir/decimal';
import { dayOf, instantOf, showTime } from '../i18n/format';
import { fileOf, keepFile } from './files';

export interface Slot {
  value: string;
  /* Of a quantity, when it can be chosen. */
  unit?: string;
  /* Of an open choice: the text is the user's own. */
  own?: boolean;
  /* Of a reference or a code: what it is called. */
  text?: string;
  below?: Filled;
}
export type Filled = Record<string, Slot[]>;

export type Fault = 'required' | 'number' | 'whole' | 'small' | 'large' | 'long' | 'date' | 'refused' | 'unanswerable' | 'fileAgain';

const named = (extensions: Extension[] | undefined, name: string) => (extensions ?? []).find((each) => each.url.endsWith(`/${name}`));

/* ---- words */

type Told = { text?: string | undefined; _text?: { extension?: Extension[] | undefined } | undefined };

/* In the language of the screen when the form has it. */
export function textOf(item: Told, language: string): string {
  const translation = (item._text?.extension ?? [])
    .filter((each) => each.url.endsWith('/translation'))
    .find((each) => each.extension?.some((one) => one.url === 'lang' && (one.valueCode ?? '').slice(0, 2) === language));
  return translation?.extension?.find((each) => each.url === 'content')?.valueString ?? item.text ?? '';
}

export function titleOf(form: Questionnaire, language: string): string {
  const told = form as Questionnaire & { _title?: Told['_text'] };
  return textOf({ text: form.title, _text: told._title }, language) || form.name || '';
}

const controlOf = (item: QuestionnaireItem) => named(item.extension, 'questionnaire-itemControl')?.valueCodeableConcept?.coding?.[0]?.code;
export const isHelp = (item: QuestionnaireItem) => item.type === 'display' && ['help', 'flyover'].includes(controlOf(item) ?? '');
export const isHidden = (item: QuestionnaireItem) => named(item.extension, 'questionnaire-hidden')?.valueBoolean === true;

export function helpOf(item: QuestionnaireItem, language: string): string {
  return (item.item ?? []).filter(isHelp).map((each) => textOf(each, language)).join(' ');
}

export const formatOf = (item: QuestionnaireItem) => named(item.extension, 'entryFormat')?.valueString ?? '';

/* The words of every question. */
export function textsOf(form: Questionnaire, language: string): Map<string, string> {
  const texts = new Map<string, string>();
  walk(form.item, (item) => {
    const text = textOf(item, language);
    if (text) texts.set(item.linkId, text);
    return true;
  });
  return texts;
}

/* ---- options */

export interface Option {
  key: string;
  text: string;
  answer: QuestionnaireResponseItemAnswer;
}

type AnyValue = QuestionnaireResponseItemAnswer | QuestionnaireItemAnswerOption;

const codingKey = (coding: Coding) => `${coding.system ?? ''}|${coding.code ?? coding.display ?? ''}`;

function optionOf(value: AnyValue): Option | null {
  const { valueCoding, valueString, valueInteger, valueDate, valueTime } = value;
  if (valueCoding) return { key: codingKey(valueCoding), text: valueCoding.display ?? valueCoding.code ?? '', answer: { valueCoding } };
  if (valueString !== undefined) return { key: valueString, text: valueString, answer: { valueString } };
  if (valueInteger !== undefined) return { key: String(valueInteger), text: String(valueInteger), answer: { valueInteger: Number(valueInteger) } };
  if (valueDate !== undefined) return { key: valueDate, text: valueDate, answer: { valueDate } };
  if (valueTime !== undefined) return { key: valueTime, text: valueTime.slice(0, 5), answer: { valueTime } };
  return null;
}

function containedOptions(form: Questionnaire, url: string): Option[] {
  const set = (form.contained ?? []).find((each): each is ValueSet => each.resourceType === 'ValueSet' && `#${each.id}` === url);
  const codings: Coding[] = [...(set?.expansion?.contains ?? []), ...(set?.compose?.include ?? []).flatMap((each) => (each.concept ?? []).map((one) => ({ ...(each.system ? { system: each.system } : {}), ...one })))];
  return codings.map((each) => ({ system: each.system, code: each.code, display: each.display })).flatMap((each) => optionOf({ valueCoding: JSON.parse(JSON.stringify(each)) as Coding }) ?? []);
}

export function optionsOf(form: Questionnaire, item: QuestionnaireItem): Option[] {
  const listed = (item.answerOption ?? []).flatMap((each) => optionOf(each) ?? []);
  return listed.length > 0 || !item.answerValueSet ? listed : containedOptions(form, item.answerValueSet);
}

export function unitsOf(item: QuestionnaireItem): Coding[] {
  const one = named(item.extension, 'questionnaire-unit')?.valueCoding;
  if (one) return [one];
  return (item.extension ?? []).filter((each) => each.url.endsWith('/questionnaire-unitOption')).flatMap((each) => each.valueCoding ?? []);
}

/* ---- files and references */

export const fileTypesOf = (item: QuestionnaireItem) => (item.extension ?? []).filter((each) => each.url.endsWith('/mimeType')).flatMap((each) => each.valueCode ?? []);

export function fileBytesOf(item: QuestionnaireItem): number | null {
  const most = named(item.extension, 'maxSize')?.valueDecimal;
  return most === undefined ? null : Math.floor(Number(most) * (1 << 20));
}

export const referenceTypesOf = (item: QuestionnaireItem) => (item.extension ?? []).filter((each) => each.url.endsWith('/questionnaire-referenceResource')).flatMap((each) => each.valueCode ?? []);

/* ---- the first state of a form */

function rawOf(item: QuestionnaireItem, value: QuestionnaireResponseItemAnswer): Slot | null {
  if (item.type === 'choice' || item.type === 'open-choice') {
    const option = optionOf(value);
    if (!option) return null;
    const own = item.type === 'open-choice' && value.valueString !== undefined && !(item.answerOption ?? []).some((each) => each.valueString === value.valueString);
    return own ? { value: option.text, own } : { value: option.key, text: option.text };
  }
  if (value.valueQuantity) return { value: digitsOf(value.valueQuantity, 'value') ?? '', unit: value.valueQuantity.code ?? value.valueQuantity.unit ?? '' };
  if (value.valueAttachment) return { value: keepFile(value.valueAttachment) };
  if (value.valueReference?.reference) return { value: value.valueReference.reference, ...(value.valueReference.display ? { text: value.valueReference.display } : {}) };
  const dated = value.valueDateTime;
  if (dated !== undefined) return { value: dated.length > 10 ? `${dayOf(dated)}T${showTime(dated)}` : dated };
  if (value.valueDecimal !== undefined) return { value: digitsOf(value, 'valueDecimal') ?? '' };
  const plain = value.valueBoolean ?? value.valueInteger ?? value.valueDate ?? value.valueTime?.slice(0, 5) ?? value.valueString ?? value.valueUri;
  return plain === undefined ? null : { value: String(plain) };
}

function begin(items: QuestionnaireItem[] | undefined): Filled {
  const filled: Filled = {};
  for (const item of items ?? []) {
    if (item.type === 'display') continue;
    if (item.type === 'group') {
      filled[item.linkId] = [{ value: '', below: begin(item.item) }];
      continue;
    }
    const chosen: QuestionnaireResponseItemAnswer[] = [...(item.initial ?? []), ...(item.answerOption ?? []).filter((each) => each.initialSelected)];
    const slots = chosen.flatMap((each) => rawOf(item, each) ?? []);
    const below = begin(item.item);
    const first = slots.length > 0 ? slots : [{ value: '' }];
    filled[item.linkId] = Object.keys(below).length > 0 ? first.map((each, at) => (at === 0 ? { ...each, below } : each)) : first;
  }
  return filled;
}

export const emptyForm = (form: Questionnaire): Filled => begin(form.item);

/* What was answered before, to be corrected. */
function again(items: QuestionnaireItem[] | undefined, given: QuestionnaireResponseItem[] | undefined): Filled {
  const filled = begin(items);
  for (const item of items ?? []) {
    if (item.type === 'display') continue;
    const same = (given ?? []).filter((each) => each.linkId === item.linkId);
    if (item.type === 'group') {
      filled[item.linkId] = same.length > 0 ? same.map((each) => ({ value: '', below: again(item.item, each.item) })) : [{ value: '', below: again(item.item, []) }];
      continue;
    }
    const answers = same.flatMap((each) => each.answer ?? []);
    const slots = answers.flatMap((each) => {
      const raw = rawOf(item, each);
      return raw ? [{ ...raw, ...(item.item ? { below: again(item.item, each.item) } : {}) }] : [];
    });
    filled[item.linkId] = slots.length > 0 ? slots : [{ value: '', ...(item.item ? { below: again(item.item, []) } : {}) }];
  }
  return filled;
}

export const formAgain = (form: Questionnaire, response: QuestionnaireResponse): Filled => again(form.item, response.item);

/* ---- answers */

const numeric = /^[+-]?\d+(?:[.,]\d+)?$/;
const numberOf = (text: string) => Number(text.trim().replace(',', '.'));

/* Of a list that stands in the record and not in the form: its code is in the key. */
function listedAnswer(item: QuestionnaireItem, slot: Slot): QuestionnaireResponseItemAnswer | null {
  const bar = slot.value.lastIndexOf('|');
  if (!item.answerValueSet || item.answerValueSet.startsWith('#') || bar < 0) return null;
  const system = slot.value.slice(0, bar);
  return { valueCoding: { ...(system ? { system } : {}), code: slot.value.slice(bar + 1), ...(slot.text ? { display: slot.text } : {}) } };
}

/* null: nothing was answered, or it is no answer yet. */
function answerOf(form: Questionnaire, item: QuestionnaireItem, slot: Slot): QuestionnaireResponseItemAnswer | null {
  const text = slot.value.trim();
  if (text === '') return null;
  switch (item.type) {
    case 'boolean':
      return { valueBoolean: text === 'true' };
    case 'integer':
      return /^[+-]?\d+$/.test(text) ? { valueInteger: Number(text) } : null;
    case 'decimal':
      return numeric.test(text) ? { valueDecimal: numberOf(text) } : null;
    case 'quantity': {
      if (!numeric.test(text)) return null;
      const units = unitsOf(item);
      const unit = units.find((each) => each.code === slot.unit) ?? units[0];
      return { valueQuantity: { value: numberOf(text), ...(unit ? { unit: unit.display ?? unit.code ?? '', ...(unit.system ? { system: unit.system } : {}), ...(unit.code ? { code: unit.code } : {}) } : {}) } };
    }
    case 'date':
      return { valueDate: text };
    case 'dateTime': {
      const [day = '', time = ''] = text.split('T');
      if (day === '') return null;
      const [hours = 0, minutes = 0] = time.split(':').map(Number);
      return { valueDateTime: time ? instantOf(day, hours * 60 + minutes) : day };
    }
    case 'time':
      return { valueTime: `${text}:00`.slice(0, 8) };
    case 'url':
      return { valueUri: text };
    case 'choice':
    case 'open-choice':
      if (slot.own) return { valueString: text };
      return optionsOf(form, item).find((each) => each.key === slot.value)?.answer ?? listedAnswer(item, slot) ?? (item.type === 'open-choice' ? { valueString: text } : null);
    case 'attachment': {
      const file = fileOf(slot.value);
      return file ? { valueAttachment: file } : null;
    }
    case 'reference':
      return { valueReference: { reference: text, ...(slot.text ? { display: slot.text } : {}) } };
    case 'string':
    case 'text':
      return { valueString: slot.value.trim() };
    default:
      return null;
  }
}

/* ---- which questions are asked */

type Asked = ReadonlySet<string> | null;

function answersTo(form: Questionnaire, linkId: string, items: QuestionnaireItem[] | undefined, filled: Filled, asked: Asked): QuestionnaireResponseItemAnswer[] {
  return (items ?? []).flatMap((item) => {
    if (asked && !asked.has(item.linkId)) return [];
    const slots = filled[item.linkId] ?? [];
    const own = item.linkId === linkId ? slots.flatMap((each) => answerOf(form, item, each) ?? []) : [];
    return [...own, ...slots.flatMap((each) => (each.below ? answersTo(form, linkId, item.item, each.below, asked) : []))];
  });
}

const kinds = ['Boolean', 'Decimal', 'Integer', 'Date', 'DateTime', 'Time', 'String', 'Coding', 'Quantity', 'Reference'] as const;

/* Something that can be compared: coded things by their code, quantities by their value. */
function plainOf(value: object, prefix: 'value' | 'answer'): { kind: string; plain: string | number | boolean } | null {
  const all = value as Record<string, unknown>;
  for (const kind of kinds) {
    const found = all[`${prefix}${kind}`];
    if (found === undefined) continue;
    if (kind === 'Coding') return { kind, plain: codingKey(found as Coding) };
    if (kind === 'Quantity') return { kind, plain: Number((found as { value?: number }).value) };
    if (kind === 'Reference') return { kind, plain: (found as { reference?: string }).reference ?? '' };
    if (kind === 'Decimal' || kind === 'Integer') return { kind: 'Number', plain: Number(found) };
    return { kind, plain: found as string | boolean };
  }
  return null;
}

function holds(condition: QuestionnaireItemEnableWhen, answers: QuestionnaireResponseItemAnswer[]): boolean {
  const wanted = plainOf(condition, 'answer');
  if (condition.operator === 'exists') return answers.length > 0 === (wanted?.plain === true);
  if (!wanted) return false;
  return answers.some((each) => {
    const given = plainOf(each, 'value');
    if (!given || given.kind !== wanted.kind) return false;
    const less = given.plain < wanted.plain;
    const same = given.plain === wanted.plain;
    return { '=': same, '!=': !same, '<': less, '<=': less || same, '>': !less && !same, '>=': !less }[condition.operator as '='] ?? false;
  });
}

function walk(items: QuestionnaireItem[] | undefined, each: (item: QuestionnaireItem, above: boolean) => boolean, above = true): void {
  for (const item of items ?? []) walk(item.item, each, each(item, above));
}

const roundsMax = 20;

/* A question that is not asked has no answer for others: asked again until nothing changes. */
export function askedOf(form: Questionnaire, filled: Filled): ReadonlySet<string> {
  let asked: Asked = null;
  for (let round = 0; round < roundsMax; round++) {
    const next = new Set<string>();
    walk(form.item, (item, above) => {
      const conditions = item.enableWhen ?? [];
      const met = (one: QuestionnaireItemEnableWhen) => holds(one, answersTo(form, one.question, form.item, filled, asked));
      const enabled = above && (conditions.length === 0 || (item.enableBehavior === 'any' ? conditions.some(met) : conditions.every(met)));
      if (enabled) next.add(item.linkId);
      return enabled;
    });
    if (asked && next.size === asked.size && [...next].every((one) => asked?.has(one))) break;
    asked = next;
  }
  return asked ?? new Set();
}

/* ---- what is handed in */

function itemsOf(form: Questionnaire, items: QuestionnaireItem[] | undefined, filled: Filled, asked: ReadonlySet<string>, language: string): QuestionnaireResponseItem[] {
  return (items ?? []).flatMap((item): QuestionnaireResponseItem[] => {
    if (item.type === 'display' || !asked.has(item.linkId)) return [];
    const text = textOf(item, language);
    const head = { linkId: item.linkId, ...(text ? { text } : {}) };
    const slots = filled[item.linkId] ?? [];
    if (item.type === 'group') {
      return slots.flatMap((each) => {
        const below = itemsOf(form, item.item, each.below ?? {}, asked, language);
        return below.length > 0 ? [{ ...head, item: below }] : [];
      });
    }
    const answer = slots.flatMap((each) => {
      const one = answerOf(form, item, each);
      if (!one) return [];
      const below = itemsOf(form, item.item, each.below ?? {}, asked, language);
      return [below.length > 0 ? { ...one, item: below } : one];
    });
    return answer.length > 0 ? [{ ...head, answer }] : [];
  });
}

export function responseOf(form: Questionnaire, filled: Filled, patientId: string, language: string): QuestionnaireResponse {
  const item = itemsOf(form, form.item, filled, askedOf(form, filled), language);
  return {
    resourceType: 'QuestionnaireResponse',
    status: 'in-progress',
    questionnaire: form.url ? `${form.url}${form.version ? `|${form.version}` : ''}` : `Questionnaire/${form.id}`,
    subject: { reference: `Patient/${patientId}` },
    ...(item.length > 0 ? { item } : {}),
  };
}

/* ---- what is still wrong */

function boundOf(item: QuestionnaireItem, name: 'minValue' | 'maxValue'): number | string | null {
  const found = named(item.extension, name);
  const value = found?.valueDecimal ?? found?.valueInteger ?? found?.valueDate ?? found?.valueDateTime;
  return value === undefined ? null : typeof value === 'string' && numeric.test(value) ? Number(value) : typeof value === 'object' ? Number(value) : value;
}

function faultOf(form: Questionnaire, item: QuestionnaireItem, slot: Slot): Fault | null {
  const text = slot.value.trim();
  if (text === '') return null;
  if ((item.type === 'decimal' || item.type === 'quantity') && !numeric.test(text)) return 'number';
  if (item.type === 'integer' && !/^[+-]?\d+$/.test(text)) return numeric.test(text) ? 'whole' : 'number';
  if (item.type === 'dateTime' && text.startsWith('T')) return 'date';
  if (item.type === 'attachment') return fileOf(slot.value) ? null : 'fileAgain';
  if (item.maxLength && [...text].length > Number(item.maxLength)) return 'long';
  const answer = answerOf(form, item, slot);
  const plain = answer ? plainOf(answer, 'value') : null;
  const least = boundOf(item, 'minValue');
  const most = boundOf(item, 'maxValue');
  if (plain && least !== null && typeof least === typeof plain.plain && plain.plain < least) return 'small';
  if (plain && most !== null && typeof most === typeof plain.plain && plain.plain > most) return 'large';
  return null;
}

export interface Found {
  linkId: string;
  fault: Fault;
}

/* In the order of the page; one for a question. */
export function faultsOf(form: Questionnaire, filled: Filled): Found[] {
  const asked = askedOf(form, filled);
  const within = (items: QuestionnaireItem[] | undefined, of: Filled): Found[] =>
    (items ?? []).flatMap((item): Found[] => {
      if (item.type === 'display' || !asked.has(item.linkId)) return [];
      const slots = of[item.linkId] ?? [];
      const below = slots.flatMap((each) => (each.below && (item.type === 'group' || answerOf(form, item, each)) ? within(item.item, each.below) : []));
      if (item.type === 'group') return below;
      const wrong = slots.map((each) => faultOf(form, item, each)).find((each) => each !== null);
      const answered = slots.some((each) => answerOf(form, item, each) !== null);
      if (wrong) return [{ linkId: item.linkId, fault: wrong }, ...below];
      if (item.required && !answered) return [{ linkId: item.linkId, fault: 'required' }, ...below];
      return below;
    });
  return within(form.item, filled);
}

export const boundsOf = (item: QuestionnaireItem): [number | string | null, number | string | null] => [boundOf(item, 'minValue'), boundOf(item, 'maxValue')];

/* ---- drafts: only what a form can hold is taken out of one */

export function filledFrom(text: string): Filled | null {
  if (text === '') return null;
  try {
    const found = JSON.parse(text) as unknown;
    return typeof found === 'object' && found !== null && !Array.isArray(found) ? (found as Filled) : null;
  } catch {
    return null;
  }
}
