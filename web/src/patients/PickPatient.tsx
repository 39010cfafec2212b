/* A name is typed, the first that fits is taken by Enter: for places where a patient is chosen
 * and not opened. */
import type { Patient } from 'fhir/r4';
import { useEffect, useId, useRef, useState, type KeyboardEvent } from 'react';
import { ageOf, nameText } from '../fhir/read';
import { useText } from '../i18n';
import { showDate } from '../i18n/format';
import { Icon } from '../ui';
import { answerOf, usePatientSearch } from './usePatientSearch';

const shownMax = 6;

interface Props {
  label: string;
  onPick: (patient: Patient) => void;
  onNew?: () => void;
  /* Not the first field of its form. */
  calm?: boolean;
}

export function PickPatient({ label, onPick, onNew, calm = false }: Props) {
  const t = useText();
  const [text, setText] = useState('');
  const [chosen, setChosen] = useState(0);
  const [pressed, setPressed] = useState(false);
  const { meaning, found } = usePatientSearch(text);
  const field = useRef<HTMLInputElement>(null);
  const id = useId();
  const answer = answerOf(found);
  const patients = (answer?.patients ?? []).slice(0, shownMax);
  const current = Math.min(chosen, patients.length - 1);

  useEffect(() => {
    if (!calm) field.current?.focus({ preventScroll: true });
    // Only when it appears.
  }, []);

  /* Enter before the answer: the first of it, when it comes and leaves no doubt. */
  useEffect(() => {
    if (!pressed || found.state !== 'found') return;
    setPressed(false);
    const [only, other] = found.answer.patients;
    if (only && !other && !found.answer.sounds) onPick(only);
  });

  function onKey(event: KeyboardEvent) {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      if (patients.length > 0) setChosen((current + (event.key === 'ArrowDown' ? 1 : -1) + patients.length) % patients.length);
    } else if (event.key === 'Enter' && !event.nativeEvent.isComposing) {
      event.preventDefault();
      const patient = patients[current];
      if (found.state === 'searching') setPressed(true);
      else if (patient) onPick(patient);
    }
  }

  return (
    <div className="pick">
      <label htmlFor={`${id}-field`}>{label}</label>
      <input
        id={`${id}-field`}
        ref={field}
        className="input"
        type="text"
        role="combobox"
        aria-expanded={patients.length > 0}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={patients.length > 0 ? `${id}-${current}` : undefined}
        autoComplete="off"
        spellCheck={false}
        value={text}
        onKeyDown={onKey}
        onChange={(event) => {
          setChosen(0);
          setPressed(false);
          setText(event.currentTarget.value);
        }}
      />
      {patients.length > 0 ? (
        <ul className="pick-list" role="listbox" id={`${id}-list`} aria-label={t.nav.patients}>
          {patients.map((patient, at) => (
            <li key={patient.id} id={`${id}-${at}`} role="option" aria-selected={at === current} onMouseMove={() => setChosen(at)} onClick={() => onPick(patient)}>
              <strong>{nameText(patient.name, t)}</strong>
              <span className="soft digits">
                {showDate(patient.birthDate)} · {ageOf(patient, t)}
              </span>
            </li>
          ))}
        </ul>
      ) : null}
      <p className="field-help" role="status">
        {found.state === 'failed' ? t.failures.server : meaning.kind === 'unfinished' ? meaning.hint : answer && patients.length === 0 ? t.find.none : null}
      </p>
      {onNew && answer && patients.length === 0 ? (
        <button type="button" className="text-button" onClick={onNew}>
          <Icon name="plus" size={18} /> {t.newPatient.title}
        </button>
      ) : null}
    </div>
  );
}
