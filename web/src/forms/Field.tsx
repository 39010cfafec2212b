/* One question of a form, by its type. */
import type { Questionnaire, QuestionnaireItem } from 'fhir/r4';
import { useId, useState, type ReactNode } from 'react';
import { useQuery } from '../fhir/query';
import { readCodes } from '../fhir/valueSet';
import { useSpeech, useText } from '../i18n';
import type { Messages } from '../i18n/fr';
import { showDate } from '../i18n/format';
import { AreaField, Button, DateField, Icon, InputField, SelectField } from '../ui';
import { canRefer, ReferenceAnswer } from './ReferenceAnswer';
import { FileAnswer } from './FileAnswer';
import { fileNameIn } from './files';
import { boundsOf, emptyForm, formatOf, helpOf, isHelp, isHidden, optionsOf, referenceTypesOf, textOf, unitsOf, type Fault, type Filled, type Option, type Slot } from './model';

export interface Asking {
  form: Questionnaire;
  patientId: string;
  asked: ReadonlySet<string>;
  /* By linkId; empty until the form was tried. */
  faults: ReadonlyMap<string, Fault>;
}

interface Props {
  asking: Asking;
  item: QuestionnaireItem;
  slots: Slot[];
  onChange: (slots: Slot[]) => void;
  depth: number;
}

export const questionId = (linkId: string) => `q-${linkId.replace(/[^\w-]/g, '_')}`;

/* All questions of a group, in their order. */
export function Questions({ asking, items, filled, onChange, depth }: { asking: Asking; items: QuestionnaireItem[]; filled: Filled; onChange: (filled: Filled) => void; depth: number }) {
  return (
    <>
      {items
        .filter((item) => asking.asked.has(item.linkId) && !isHelp(item) && !isHidden(item))
        .map((item) => (
          <Question key={item.linkId} asking={asking} item={item} slots={filled[item.linkId] ?? [{ value: '' }]} onChange={(slots) => onChange({ ...filled, [item.linkId]: slots })} depth={depth} />
        ))}
    </>
  );
}

function Question(props: Props) {
  const { language } = useSpeech();
  const { item, depth } = props;
  if (item.type === 'display') return <p className="form-says">{textOf(item, language)}</p>;
  if (item.type === 'group') return <Group {...props} />;
  const { asking, slots, onChange } = props;
  const below = (item.item ?? []).filter((each) => !isHelp(each));
  const first = slots[0] ?? { value: '' };
  return (
    <div className="question" id={questionId(item.linkId)}>
      <Answer {...props} />
      {below.length > 0 && first.value !== '' ? (
        <div className="question-below">
          <Questions asking={asking} items={below} filled={first.below ?? {}} onChange={(filled) => onChange(slots.map((each, at) => (at === 0 ? { ...each, below: filled } : each)))} depth={depth + 1} />
        </div>
      ) : null}
    </div>
  );
}

/* One that repeats can be had again. */
function Group({ asking, item, slots, onChange, depth }: Props) {
  const { t, language } = useSpeech();
  const Heading = depth === 0 ? 'h2' : depth === 1 ? 'h3' : 'h4';
  const title = textOf(item, language);
  const help = helpOf(item, language);
  const put = (at: number, filled: Filled) => onChange(slots.map((each, index) => (index === at ? { ...each, below: filled } : each)));
  return (
    <section className={depth === 0 ? 'form-group' : 'form-group form-inner'} id={questionId(item.linkId)} aria-label={title || undefined}>
      {title ? <Heading>{title}</Heading> : null}
      {help ? <p className="field-help">{help}</p> : null}
      {slots.map((each, at) => (
        <div key={at} className={item.repeats ? 'form-again' : 'form-questions'}>
          <Questions asking={asking} items={item.item ?? []} filled={each.below ?? {}} onChange={(filled) => put(at, filled)} depth={depth + 1} />
          {item.repeats && slots.length > 1 ? (
            <Button kind="plain" icon={<Icon name="cross" size={18} />} onClick={() => onChange(slots.filter((_, index) => index !== at))}>
              {t.forms.less}
            </Button>
          ) : null}
        </div>
      ))}
      {item.repeats && !item.readOnly ? (
        <button type="button" className="text-button" onClick={() => onChange([...slots, { value: '', below: emptyForm({ ...asking.form, item: item.item ?? [] }) }])}>
          <Icon name="plus" size={18} /> {title ? `${t.forms.more}: ${title}` : t.forms.more}
        </button>
      ) : null}
    </section>
  );
}

/* ---- the words around an answer */

export function faultText(fault: Fault, item: QuestionnaireItem, t: Messages): string {
  const [least, most] = boundsOf(item).map((each) => (typeof each === 'string' ? showDate(each) : String(each ?? '')));
  const words: Record<Fault, string> = {
    required: t.forms.faults.required,
    number: t.forms.faults.number,
    whole: t.forms.faults.whole,
    small: t.forms.faults.small(least ?? ''),
    large: t.forms.faults.large(most ?? ''),
    long: t.forms.faults.long(Number(item.maxLength ?? 0)),
    date: t.forms.faults.date,
    refused: t.forms.faults.refused,
    unanswerable: t.forms.faults.unanswerable,
    fileAgain: t.forms.faults.fileAgain,
  };
  return words[fault];
}

function Answer({ asking, item, slots, onChange }: Props) {
  const { t, language } = useSpeech();
  const label = `${textOf(item, language)}${item.required ? ' *' : ''}` || item.linkId;
  const fault = asking.faults.get(item.linkId);
  const error = fault ? faultText(fault, item, t) : null;
  const help = helpOf(item, language) || null;
  if (item.readOnly) return <Fixed label={label} text={slots.map((each) => fixedText(asking, item, each, t)).filter(Boolean).join(', ')} />;
  if (item.type === 'boolean') {
    const options: Option[] = [
      { key: 'true', text: t.forms.yes, answer: {} },
      { key: 'false', text: t.forms.no, answer: {} },
    ];
    return <Choice {...{ label, error, help, item, slots, onChange, options }} />;
  }
  if (item.type === 'choice' || item.type === 'open-choice') return <Choices {...{ asking, label, error, help, item, slots, onChange }} />;
  const one = (slot: Slot, at: number) => (
    <One key={at} {...{ asking, item, slot, error: at === 0 ? error : null, help: at === 0 ? help : null }} label={at === 0 ? label : `${label} (${at + 1})`} onChange={(next) => onChange(slots.map((each, index) => (index === at ? next : each)))} />
  );
  return (
    <>
      {(slots.length > 0 ? slots : [{ value: '' }]).map(one)}
      {item.repeats && slots.at(-1)?.value !== '' ? (
        <button type="button" className="text-button" onClick={() => onChange([...slots, { value: '' }])}>
          <Icon name="plus" size={18} /> {t.forms.more}
        </button>
      ) : null}
    </>
  );
}

function Fixed({ label, text }: { label: string; text: string }) {
  return (
    <p className="form-fixed">
      <strong>{label}</strong> <span>{text || '–'}</span>
    </p>
  );
}

function fixedText(asking: Asking, item: QuestionnaireItem, slot: Slot, t: Messages): string {
  if (item.type === 'boolean') return slot.value === 'true' ? t.forms.yes : slot.value === 'false' ? t.forms.no : '';
  if (item.type === 'date') return showDate(slot.value);
  if (item.type === 'attachment') return slot.value ? fileNameIn(slot.value) : '';
  if (item.type === 'reference') return slot.text ?? slot.value;
  return optionsOf(asking.form, item).find((each) => each.key === slot.value)?.text ?? (slot.text || slot.value);
}

/* ---- one answer that is typed */

interface OneProps {
  asking: Asking;
  item: QuestionnaireItem;
  slot: Slot;
  label: string;
  error: string | null;
  help: string | null;
  onChange: (slot: Slot) => void;
}

function One({ asking, item, slot, label, error, help, onChange }: OneProps) {
  const t = useText();
  const set = (value: string) => onChange({ ...slot, value });
  const common = { label, error, help, value: slot.value, onChange: set };
  const format = formatOf(item);
  switch (item.type) {
    case 'integer':
      return <InputField {...common} inputMode="numeric" autoComplete="off" className="field-short" placeholder={format} />;
    case 'decimal':
      return <InputField {...common} inputMode="decimal" autoComplete="off" className="field-short" placeholder={format} />;
    case 'quantity':
      return <Measured {...{ asking, item, slot, label, error, help, onChange }} />;
    case 'date':
      return <DateField {...common} />;
    case 'dateTime': {
      const [day = '', time = ''] = slot.value.split('T');
      const put = (nextDay: string, nextTime: string) => set(nextDay === '' && nextTime === '' ? '' : nextTime ? `${nextDay}T${nextTime}` : nextDay);
      return (
        <div className="inline-form form-moment">
          <DateField label={label} value={day} onChange={(next) => put(next, time)} error={error} help={help} />
          <TimeField label={t.forms.time} value={time} onChange={(next) => put(day, next)} />
        </div>
      );
    }
    case 'time':
      return <TimeField {...common} />;
    case 'text':
      return <AreaField {...common} rows={3} placeholder={format} />;
    case 'string':
    case 'url':
      return <InputField {...common} autoComplete="off" placeholder={format} />;
    case 'attachment':
      return <FileAnswer {...{ item, label, error, help }} value={slot.value} onChange={set} />;
    case 'reference':
      return canRefer(item) ? (
        <ReferenceAnswer {...{ item, label, error, help }} patientId={asking.patientId} value={slot.value} text={slot.text ?? ''} onChange={(chosen) => onChange(chosen ? { value: chosen.reference, text: chosen.name } : { value: '' })} />
      ) : (
        <Fixed label={label} text={t.forms.cannotRefer(referenceTypesOf(item).join(', '))} />
      );
    default:
      return <Fixed label={label} text={t.forms.faults.unanswerable} />;
  }
}

/* 8:05, 805, 8h05 -> 08:05, on every computer by 24 hours. */
function readTime(text: string): string | null {
  const [, hours = '', minutes = ''] = /^\s*(\d{1,2})[:.h ]?(\d{2})\s*$/i.exec(text) ?? [];
  return hours !== '' && Number(hours) < 24 && Number(minutes) < 60 ? `${hours.padStart(2, '0')}:${minutes}` : null;
}

function TimeField({ label, value, onChange, error, help }: { label: string; value: string; onChange: (value: string) => void; error?: string | null; help?: string | null }) {
  const [text, setText] = useState(value);
  return (
    <InputField
      label={label}
      value={text}
      error={error ?? null}
      help={help ?? null}
      inputMode="numeric"
      autoComplete="off"
      className="field-short"
      placeholder="hh:mm"
      onChange={(next) => {
        setText(next);
        onChange(readTime(next) ?? '');
      }}
    />
  );
}

function Measured({ item, slot, label, error, help, onChange }: OneProps) {
  const t = useText();
  const units = unitsOf(item);
  const only = units.length === 1 ? (units[0]?.display ?? units[0]?.code ?? '') : '';
  return (
    <div className="inline-form form-moment">
      <InputField label={only ? `${label} (${only})` : label} value={slot.value} error={error} help={help} inputMode="decimal" autoComplete="off" className="field-short" onChange={(value) => onChange({ ...slot, value })} />
      {units.length > 1 ? (
        <SelectField label={t.forms.unit} value={slot.unit ?? units[0]?.code ?? ''} onChange={(unit) => onChange({ ...slot, unit })} options={units.map((each) => ({ value: each.code ?? '', text: each.display ?? each.code ?? '' }))} />
      ) : null}
    </div>
  );
}

/* ---- answers that are chosen */

interface ChoiceProps {
  item: QuestionnaireItem;
  slots: Slot[];
  label: string;
  error: string | null;
  help: string | null;
  options: Option[];
  onChange: (slots: Slot[]) => void;
}

/* The options stand in the form, or in a list that the record has. */
function Choices({ asking, ...props }: Omit<ChoiceProps, 'options'> & { asking: Asking }) {
  const own = optionsOf(asking.form, props.item);
  const url = props.item.answerValueSet ?? '';
  const wanted = own.length === 0 && url !== '' && !url.startsWith('#');
  const query = useQuery(`options ${wanted ? url : ''}`, async (signal): Promise<Option[]> => {
    if (!wanted) return [];
    return (await readCodes(url, signal)).map((each) => ({ key: `${each.system ?? ''}|${each.code ?? ''}`, text: each.display ?? '', answer: { valueCoding: each } }));
  });
  const t = useText();
  if (wanted && query.state === 'failed' && props.item.type === 'choice') return <Fixed label={props.label} text={t.forms.faults.unanswerable} />;
  return <Choice {...props} options={own.length > 0 ? own : query.state === 'ready' ? query.data : []} />;
}

const sideBySide = 8;

function Choice({ item, slots, label, error, help, options, onChange }: ChoiceProps) {
  const t = useText();
  const id = useId();
  const chosen = slots.filter((each) => each.value !== '' || each.own);
  const keep = slots[0]?.below ? { below: slots[0].below } : {};
  const own = chosen.find((each) => each.own);
  const open = item.type === 'open-choice';
  const many = item.repeats === true;
  const has = (key: string) => chosen.some((each) => !each.own && each.value === key);
  const put = (next: Slot[]) => onChange(next.length > 0 ? next.map((each, at) => (at === 0 ? { ...each, ...keep } : each)) : [{ value: '', ...keep }]);
  const toggle = (key: string) => {
    const slot: Slot = { value: key, text: options.find((each) => each.key === key)?.text ?? '' };
    if (!many) put([slot]);
    else put(has(key) ? chosen.filter((each) => each.own || each.value !== key) : [...chosen, slot]);
  };
  const toggleOwn = () => {
    if (own && many) put(chosen.filter((each) => !each.own));
    else put([...(many ? chosen : []), { value: '', own: true }]);
  };
  const ownText = own ? <InputField label={t.forms.otherWhat} value={own.value} autoComplete="off" onChange={(value) => put(chosen.map((each) => (each.own ? { ...each, value } : each)))} /> : null;
  if (options.length > sideBySide && !many) {
    return (
      <div className="form-choice">
        <SelectField
          label={label}
          value={own ? '\u0000' : (chosen[0]?.value ?? '')}
          onChange={(key) => (key === '\u0000' ? toggleOwn() : key === '' ? put([]) : toggle(key))}
          options={[{ value: '', text: '–' }, ...options.map((each) => ({ value: each.key, text: each.text })), ...(open ? [{ value: '\u0000', text: t.forms.other }] : [])]}
        />
        {ownText}
        <Says id={id} error={error} help={help} />
      </div>
    );
  }
  const row = (key: string, text: ReactNode, checked: boolean, press: () => void) => (
    <label key={key} className="pick-row">
      <input type={many ? 'checkbox' : 'radio'} name={id} checked={checked} onChange={press} aria-describedby={error || help ? `${id}-says` : undefined} />
      <span>{text}</span>
    </label>
  );
  return (
    <fieldset className="form-choice" aria-describedby={error || help ? `${id}-says` : undefined}>
      <legend>{label}</legend>
      <div className={item.type === 'boolean' ? 'pick-rows pick-short' : 'pick-rows'}>
        {options.map((each) => row(each.key, each.text, has(each.key), () => toggle(each.key)))}
        {open ? row('own', t.forms.other, own !== undefined, toggleOwn) : null}
      </div>
      {ownText}
      {!many && !item.required && chosen.length > 0 ? (
        <button type="button" className="text-button form-clear" onClick={() => put([])} aria-label={`${t.forms.clear}: ${label}`}>
          {t.forms.clear}
        </button>
      ) : null}
      <Says id={id} error={error} help={help} />
    </fieldset>
  );
}

function Says({ id, error, help }: { id: string; error: string | null; help: string | null }) {
  if (!error && !help) return null;
  return (
    <p id={`${id}-says`} className={error ? 'field-error' : 'field-help'}>
      {error ?? help}
    </p>
  );
}
