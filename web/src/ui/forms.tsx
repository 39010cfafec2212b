/* Fields that need no library: a choice, a longer text, a date, a tick. Label above, 44 px. */
import { useId, type ReactNode, type Ref } from 'react';

interface Common {
  label: string;
  labelHidden?: boolean;
  className?: string;
}

function Labelled({ label, labelHidden, className, id, children, help }: Common & { id: string; children: ReactNode; help?: ReactNode }) {
  return (
    <div className={`field ${className ?? ''}`}>
      <label htmlFor={id} className={labelHidden ? 'hidden' : undefined}>
        {label}
      </label>
      {children}
      {help}
    </div>
  );
}

export interface Option {
  value: string;
  text: string;
}

export function SelectField({ value, options, onChange, error, ...common }: Common & { value: string; options: Option[]; onChange: (value: string) => void; error?: string | null }) {
  const id = useId();
  return (
    <Labelled id={id} {...common} help={error ? <p id={`${id}-says`} className="field-error">{error}</p> : null}>
      <select id={id} className="input" value={value} aria-invalid={error ? true : undefined} aria-describedby={error ? `${id}-says` : undefined} onChange={(event) => onChange(event.currentTarget.value)}>
        {options.map((each) => (
          <option key={each.value} value={each.value}>
            {each.text}
          </option>
        ))}
      </select>
    </Labelled>
  );
}

interface InputProps extends Common {
  value: string;
  onChange: (value: string) => void;
  type?: 'text' | 'date' | 'time' | 'number' | 'search' | 'tel' | 'email';
  inputRef?: Ref<HTMLInputElement>;
  placeholder?: string;
  autoComplete?: string;
  inputMode?: 'numeric' | 'decimal' | 'tel';
  error?: string | null;
  help?: string | null;
  min?: number | string;
  max?: number | string;
  readOnly?: boolean;
}

export function InputField({ value, onChange, inputRef, error, help, label, labelHidden, className, type = 'text', ...rest }: InputProps) {
  const id = useId();
  const said = error ?? help;
  return (
    <Labelled
      id={id}
      label={label}
      {...(labelHidden ? { labelHidden } : {})}
      {...(className ? { className } : {})}
      help={
        said ? (
          <p id={`${id}-says`} className={error ? 'field-error' : 'field-help'}>
            {said}
          </p>
        ) : null
      }
    >
      <input
        id={id}
        ref={inputRef ?? null}
        className="input"
        type={type}
        value={value}
        aria-invalid={error ? true : undefined}
        aria-describedby={said ? `${id}-says` : undefined}
        onChange={(event) => onChange(event.currentTarget.value)}
        spellCheck={false}
        {...rest}
      />
    </Labelled>
  );
}

interface AreaProps extends Common {
  value: string;
  onChange: (value: string) => void;
  rows?: number;
  areaRef?: Ref<HTMLTextAreaElement>;
  readOnly?: boolean;
  placeholder?: string;
  error?: string | null;
  help?: string | null;
}

/* Grows with its text. */
export function AreaField({ value, onChange, rows = 3, areaRef, readOnly, placeholder, error, help, ...common }: AreaProps) {
  const id = useId();
  const said = error ?? help;
  return (
    <Labelled
      id={id}
      {...common}
      help={
        said ? (
          <p id={`${id}-says`} className={error ? 'field-error' : 'field-help'}>
            {said}
          </p>
        ) : null
      }
    >
      <textarea
        id={id}
        ref={areaRef ?? null}
        className="input area"
        rows={Math.max(rows, value.split('\n').length)}
        value={value}
        readOnly={readOnly}
        placeholder={placeholder}
        aria-invalid={error ? true : undefined}
        aria-describedby={said ? `${id}-says` : undefined}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    </Labelled>
  );
}

/* One of a few, side by side. */
export function Chips<T extends string>({ label, name, value, options, onChange }: { label: string; name: string; value: T; options: { value: T; text: string }[]; onChange: (value: T) => void }) {
  return (
    <fieldset className="filter chips">
      <legend className="hidden">{label}</legend>
      {options.map((each) => (
        <label key={each.value} className="chip">
          <input type="radio" name={name} checked={each.value === value} onChange={() => onChange(each.value)} />
          <span>{each.text}</span>
        </label>
      ))}
    </fieldset>
  );
}
