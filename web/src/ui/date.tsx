/* A date as people write it here, day first, whatever the language of the browser: typed with or
 * without its dots, or picked from the browser's own calendar. */
import { useEffect, useState } from 'react';
import { showDate } from '../i18n/format';
import { InputField } from './forms';
import { Icon } from './icons';

/* 30/07/1985, 30.7.1985, 30071985 -> 1985-07-30; null: no date of the calendar. */
export function readDate(text: string): string | null {
  const part = /^\s*(\d{1,2})[./\- ](\d{1,2})[./\- ](\d{4})\s*$/.exec(text) ?? /^\s*(\d\d)(\d\d)(\d{4})\s*$/.exec(text);
  if (!part) return null;
  const day = `${part[3]}-${(part[2] ?? '').padStart(2, '0')}-${(part[1] ?? '').padStart(2, '0')}`;
  const at = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(at) && new Date(at).toISOString().slice(0, 10) === day ? day : null;
}

interface Props {
  label: string;
  value: string;
  onChange: (day: string) => void;
  error?: string | null;
  help?: string | null;
}

export function DateField({ value, onChange, ...rest }: Props) {
  const [text, setText] = useState(showDate(value));
  useEffect(() => {
    setText((now) => (value !== '' && readDate(now) !== value ? showDate(value) : now));
  }, [value]);
  return (
    <InputField
      {...rest}
      value={text}
      inputMode="numeric"
      autoComplete="off"
      placeholder="dd/mm/yyyy"
      onChange={(next) => {
        setText(next);
        onChange(readDate(next) ?? '');
      }}
    />
  );
}

/* A button that opens the browser's calendar. */
export function DateButton({ label, value, onChange }: { label: string; value: string; onChange: (day: string) => void }) {
  return (
    <label className="icon-button date-button">
      <Icon name="calendar" />
      <span className="hidden">{label}</span>
      <input
        type="date"
        value={value}
        onClick={(event) => event.currentTarget.showPicker()}
        onChange={(event) => /^\d{4}-\d{2}-\d{2}$/.test(event.currentTarget.value) && onChange(event.currentTarget.value)}
      />
    </label>
  );
}
