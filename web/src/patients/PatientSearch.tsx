/* One search for the palette and for the Patients page: a field with a list below, worked by the
 * keyboard alone. The focus stays in the field; the arrows move the choice. */
import type { Patient } from 'fhir/r4';
import { useEffect, useId, useRef, useState, type KeyboardEvent } from 'react';
import { chartPath, go } from '../app/router';
import { ageOf, nationalNumberOf, nameOf, placeOf, sexOf } from '../fhir/read';
import { useSpeech, useText } from '../i18n';
import { showDate, showNationalNumber } from '../i18n/format';
import { FailureNote, Icon, Note } from '../ui';
import { StrangerWay } from '../glass/Ways';
import { otherNameOf, phoneMatching, piecesOf } from './match';
import { recentPatients } from './recent';
import { answerOf, usePatientSearch, type Answer } from './usePatientSearch';

interface Props {
  autoFocus?: boolean;
  /* Kept by the caller, so that what was typed is still there on the way back. */
  text: string;
  onText: (text: string) => void;
  onOpen?: () => void;
  /* In place of opening the chart. */
  onChoose?: (patient: Patient) => void;
}

export function PatientSearch({ autoFocus, text, onText, onOpen, onChoose }: Props) {
  const t = useText();
  const { meaning, found } = usePatientSearch(text);
  const [chosen, setChosen] = useState(0);
  const [enterPressed, setEnterPressed] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const id = useId();

  const recent = meaning.kind === 'nothing' ? recentPatients() : [];
  const answer = answerOf(found);
  const patients = answer?.patients ?? recent;
  const current = Math.min(chosen, patients.length - 1);

  function open(patient: Patient | undefined) {
    if (!patient?.id) return;
    if (onChoose) {
      onChoose(patient);
      return;
    }
    go(chartPath(patient.id));
    onOpen?.();
  }

  useEffect(() => {
    if (autoFocus) field.current?.focus();
  }, [autoFocus]);

  useEffect(() => {
    document.getElementById(`${id}-${current}`)?.scrollIntoView({ block: 'nearest' });
  }, [current, id]);

  /* Enter pressed before the answer came: it counts when the answer leaves no doubt. */
  useEffect(() => {
    if (!enterPressed || found.state !== 'found') return;
    setEnterPressed(false);
    if (found.answer.patients.length === 1 && !found.answer.sounds) open(found.answer.patients[0]);
  });

  function onKey(event: KeyboardEvent) {
    if (event.key === '/' && event.currentTarget instanceof HTMLInputElement && event.currentTarget.selectionStart === 0) {
      /* The key that leads to this field, pressed in it; no name and no date begins with it. */
      event.preventDefault();
    } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      if (patients.length === 0) return;
      const step = event.key === 'ArrowDown' ? 1 : -1;
      setChosen((current + step + patients.length) % patients.length);
    } else if (event.key === 'Enter' && !event.nativeEvent.isComposing) {
      event.preventDefault();
      if (found.state === 'searching') setEnterPressed(true);
      else open(patients[current]);
    }
  }

  return (
    <div className="find">
      <div className="find-field">
        <Icon name="search" size={22} />
        <input
          ref={field}
          type="text"
          role="combobox"
          aria-label={t.find.label}
          aria-expanded={patients.length > 0}
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={patients.length > 0 ? `${id}-${current}` : undefined}
          aria-describedby={`${id}-says`}
          placeholder={t.find.placeholder}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          value={text}
          onKeyDown={onKey}
          onChange={(event) => {
            setChosen(0);
            setEnterPressed(false);
            onText(event.currentTarget.value);
          }}
        />
        <span className={found.state === 'searching' ? 'find-busy on' : 'find-busy'} aria-hidden="true" />
      </div>
      <p className="find-says" id={`${id}-says`} role="status">
        <Says meaning={meaning} answer={answer} failed={found.state === 'failed'} recent={recent.length} />
      </p>
      {found.state === 'failed' ? <FailureNote failure={found.failure} retry={found.retry} /> : null}
      {answer && patients.length === 0 ? (
        <Note icon="search" title={t.find.none}>
          <p>{t.find.noneHelp}</p>
        </Note>
      ) : null}
      {patients.length > 0 ? (
        <ul className="find-list" role="listbox" id={`${id}-list`} aria-label={t.nav.patients}>
          {patients.map((patient, at) => (
            <li
              key={patient.id}
              id={`${id}-${at}`}
              role="option"
              aria-selected={at === current}
              onMouseMove={() => setChosen(at)}
              onClick={(event) => {
                if (event.ctrlKey || event.metaKey) openApart(patient);
                else open(patient);
              }}
              onAuxClick={(event) => {
                if (event.button === 1) openApart(patient);
              }}
            >
              <Row patient={patient} answer={answer} />
            </li>
          ))}
        </ul>
      ) : null}
      {meaning.kind === 'nothing' && recent.length === 0 ? (
        <ul className="find-hints">
          <li>{t.find.hintName}</li>
          <li>{t.find.hintDate}</li>
          <li>{t.find.hintNumber}</li>
          <li>{t.find.hintPhone}</li>
          <li>{t.find.hintMixed}</li>
        </ul>
      ) : null}
      {onChoose ? null : <StrangerWay onFollow={onOpen} />}
      <p className="find-keys">{t.find.hintKeys}</p>
    </div>
  );
}

interface SaysProps {
  meaning: ReturnType<typeof usePatientSearch>['meaning'];
  answer: Answer | null;
  failed: boolean;
  recent: number;
}

/* The sentence above the list belongs to the list: both change together. */
function Says({ meaning, answer, failed, recent }: SaysProps) {
  const { language, t } = useSpeech();
  if (meaning.kind === 'unfinished') return <>{meaning.hint}</>;
  if (meaning.kind === 'nothing') return recent > 0 ? <>{t.find.recent}</> : null;
  if (failed) return null;
  const hint = meaning.hint ? <strong className="warn"> {meaning.hint}</strong> : null;
  if (!answer) return <>{t.find.searching}</>;
  const { patients, more, by, sounds } = answer;
  const found = more ? t.find.first(patients.length) : t.find.results(patients.length);
  const kinds = new Intl.ListFormat(language).format(by.map((each) => t.find.kinds[each]));
  return (
    <>
      {patients.length === 0 ? <span className="hidden">{t.find.none}</span> : `${sounds ? t.find.sounds : `${t.find.by(kinds)}:`} ${found}`}
      {hint}
    </>
  );
}

/* An option cannot hold a link, so the ways to open one in another window are made here. */
function openApart(patient: Patient): void {
  if (patient.id) window.open(chartPath(patient.id), '_blank', 'noopener');
}

function Marked({ text, words }: { text: string; words: string[] }) {
  return piecesOf(text, words).map((piece, at) => (piece.matched ? <mark key={at}>{piece.text}</mark> : piece.text));
}

/* Who it is, and what of it was typed: marked where it stands, or added where it does not. */
function Row({ patient, answer }: { patient: Patient; answer: Answer | null }) {
  const t = useText();
  const name = nameOf(patient.name);
  const number = nationalNumberOf(patient);
  const words = answer && !answer.sounds ? answer.words : [];
  const by = answer?.by ?? [];
  const also = otherNameOf(patient, words);
  const phone = answer && by.includes('phone') ? phoneMatching(patient, answer.digits) : null;
  const byNumber = answer !== null && by.includes('number') && (number?.startsWith(answer.digits) ?? false);
  const byDate = by.includes('date') && !byNumber && phone === null;
  return (
    <div className="find-row">
      <span className="find-name">
        {name ? (
          <>
            <span className="family">
              <Marked text={name.family} words={words} />
            </span>{' '}
            <Marked text={name.given} words={words} />
          </>
        ) : (
          t.person.unnamed
        )}
        {also ? (
          <small className="find-also">
            {t.find.also} <Marked text={also} words={words} />
          </small>
        ) : null}
        {patient.deceasedBoolean || patient.deceasedDateTime ? <span className="tag tag-dark">{t.person.dead}</span> : null}
      </span>
      <span className="find-born">
        {byDate ? <mark>{showDate(patient.birthDate)}</mark> : showDate(patient.birthDate)}
        <span className="soft">
          {' '}
          {ageOf(patient, t)} · {sexOf(patient, t)}
        </span>
      </span>
      <span className="find-number">{number ? byNumber ? <mark>{showNationalNumber(number)}</mark> : showNationalNumber(number) : ''}</span>
      <span className={phone ? 'find-place find-phone' : 'find-place'}>{phone ? <mark>{phone}</mark> : placeOf(patient)}</span>
    </div>
  );
}
