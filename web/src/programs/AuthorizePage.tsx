/* A program has sent the browser here: somebody sees what it asks for, chooses the patient, unticks
 * what it shall not have, and says yes or no. The page keeps nothing: the request is its address. */
import type { Patient } from 'fhir/r4';
import { useEffect, useState } from 'react';
import { LanguageMenu } from '../app/LanguageMenu';
import { signOut, type Session } from '../app/session';
import { readPatient } from '../fhir/client';
import { Failure } from '../fhir/failure';
import { useQuery } from '../fhir/query';
import { nameText } from '../fhir/read';
import { useText } from '../i18n';
import { PatientSearch } from '../patients/PatientSearch';
import { Button, FailureNote, Loading, Mark, Note } from '../ui';
import { BadRequest, decide, readAsked, type Asked } from './api';
import { allowedOf, conditionParts, linesOf, type Line } from './wishes';

export default function AuthorizePage({ session }: { session: Session }) {
  const t = useText();
  const [query] = useState(() => window.location.search.slice(1));
  const [state, setState] = useState<{ asked: Asked } | { bad: BadRequest } | { failure: Failure } | null>(null);
  const [attempt, setAttempt] = useState(0);

  useEffect(() => {
    document.title = `${t.programs.title} – Aceso`;
  }, [t]);

  useEffect(() => {
    const control = new AbortController();
    setState(null);
    readAsked(query, control.signal).then(
      (answer) => {
        if (control.signal.aborted) return;
        if ('redirect' in answer) window.location.replace(answer.redirect);
        else setState({ asked: answer });
      },
      (error: unknown) => {
        if (control.signal.aborted) return;
        setState(error instanceof BadRequest ? { bad: error } : { failure: Failure.from(error) });
      },
    );
    return () => control.abort();
  }, [query, attempt]);

  return (
    <div className="ask">
      <header className="ask-top">
        <p className="ask-mark">
          <Mark size={30} /> Aceso
        </p>
        <LanguageMenu />
      </header>
      <main className="ask-main" id="content">
        {state === null ? <Loading rows={5} /> : null}
        {state && 'failure' in state ? <FailureNote failure={state.failure} retry={() => setAttempt((count) => count + 1)} /> : null}
        {state && 'bad' in state ? <Bad fault={state.bad} /> : null}
        {state && 'asked' in state ? <Question asked={state.asked} query={query} session={session} /> : null}
      </main>
    </div>
  );
}

function Bad({ fault }: { fault: BadRequest }) {
  const t = useText();
  return (
    <div role="alert">
      <h1>{t.programs.badTitle}</h1>
      <Note icon="alert" title={fault.code === 'invalid_client' ? t.programs.unknown : t.programs.badRequest} tone="bad">
        <p>{t.programs.badHelp}</p>
        <p className="small soft" lang="en">
          {fault.message}
        </p>
      </Note>
    </div>
  );
}

function useName(reference: string | undefined): string | null {
  const t = useText();
  const found = useQuery(`program patient ${reference ?? ''}`, async (signal) =>
    reference ? await readPatient(reference.replace('Patient/', ''), signal) : null,
  );
  return found.state === 'ready' && found.data ? nameText(found.data.name, t) : null;
}

function Question({ asked, query, session }: { asked: Asked; query: string; session: Session }) {
  const t = useText();
  const { lines, always } = linesOf(asked.scopes);
  const remembered = asked.remembered?.split(' ');
  const [ticked, setTicked] = useState<Set<string>>(
    () => new Set(lines.filter((line) => !remembered || line.wishes.some((wish) => remembered.includes(wish.text))).map((line) => line.key)),
  );
  const [lookOnly, setLookOnly] = useState(false);
  const [chosen, setChosen] = useState<Patient | null>(null);
  const [text, setText] = useState('');
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<string | null>(null);
  const settled = useName(asked.patient);

  if (asked.must_sign_in) {
    return (
      <>
        <h1>{t.programs.asks(asked.client.name)}</h1>
        <p>{t.programs.signInAgain}</p>
        <Button kind="primary" onClick={() => void signOut()}>
          {t.programs.toSignIn}
        </Button>
      </>
    );
  }

  const patient = asked.patient ?? (chosen?.id ? `Patient/${chosen.id}` : undefined);
  const wanting = asked.needs_patient && !patient;

  function answer(allow: boolean) {
    setBusy(true);
    setFault(null);
    decide(allow ? { query, allow, scopes: allowedOf(lines, always, ticked, lookOnly), ...(patient ? { patient } : {}) } : { query, allow }).then(
      (redirect) => window.location.assign(redirect),
      (error: unknown) => {
        setBusy(false);
        setFault(error instanceof BadRequest ? t.programs.badRequest : t.signIn.failed);
      },
    );
  }

  return (
    <>
      <h1>{t.programs.asks(asked.client.name)}</h1>
      <p className="soft">
        {asked.client.origin ? t.programs.answersAt(asked.client.origin) : null} {t.programs.as(session.display)}
      </p>
      {asked.client.self_registered ? (
        <Note icon="alert" title={t.programs.unchecked} tone="bad">
          <p>{t.programs.uncheckedHelp}</p>
        </Note>
      ) : null}
      {asked.needs_patient || asked.patient ? (
        <section className="ask-part" aria-label={t.programs.aboutWhom}>
          <h2>{t.programs.aboutWhom}</h2>
          {asked.patient ? <p className="ask-patient">{settled ?? '…'}</p> : null}
          {!asked.patient && chosen ? (
            <p className="ask-patient">
              {nameText(chosen.name, t)}{' '}
              <Button kind="plain" onClick={() => setChosen(null)}>
                {t.programs.another}
              </Button>
            </p>
          ) : null}
          {!asked.patient && !chosen ? (
            <PatientSearch text={text} onText={setText} onChoose={setChosen} />
          ) : null}
        </section>
      ) : null}
      <fieldset className="ask-part">
        <legend>{t.programs.mayIt}</legend>
        {lines.map((line) => (
          <Tick
            key={line.key}
            label={wordsOf(line, t)}
            checked={ticked.has(line.key)}
            onChange={(on) => {
              const next = new Set(ticked);
              if (on) next.add(line.key);
              else next.delete(line.key);
              setTicked(next);
            }}
          />
        ))}
        {lines.some((line) => line.changes) ? <Tick label={t.programs.lookOnly} checked={lookOnly} onChange={setLookOnly} /> : null}
      </fieldset>
      <p className="soft">{t.programs.limit}</p>
      {fault ? (
        <p role="alert" className="ask-fault">
          {fault}
        </p>
      ) : null}
      <p className="ask-buttons">
        <Button kind="primary" disabled={wanting || ticked.size === 0} busy={busy} onClick={() => answer(true)}>
          {t.programs.allow}
        </Button>
        <Button disabled={busy} onClick={() => answer(false)}>
          {t.programs.refuse}
        </Button>
        {wanting ? <span className="soft">{t.programs.choosePatient}</span> : null}
      </p>
    </>
  );
}

function Tick({ label, checked, onChange }: { label: string; checked: boolean; onChange: (on: boolean) => void }) {
  return (
    <label className="ask-tick">
      <input type="checkbox" checked={checked} onChange={(event) => onChange(event.currentTarget.checked)} />
      <span>{label}</span>
    </label>
  );
}

function wordsOf(line: Line, t: ReturnType<typeof useText>): string {
  if (line.what === 'identity') return t.programs.identity;
  if (line.what === 'stay') return line.wishes.some((wish) => wish.text === 'offline_access') ? t.programs.offline : t.programs.online;
  const kind = t.programs.kinds[line.kind];
  const what = line.only === null ? kind : t.programs.only(kind, onlyWords(line.only, t));
  if (line.all) return line.changes ? t.programs.changeAll(what) : t.programs.readAll(what);
  return line.changes ? t.programs.changeOne(what) : t.programs.readOne(what);
}

/* A condition in words; a code that has none here stands as it is. */
function onlyWords(condition: string, t: ReturnType<typeof useText>): string {
  const { name, code } = conditionParts(condition);
  const words = t.programs.conditions[code as keyof typeof t.programs.conditions];
  if (words) return words;
  const parameter = t.programs.conditionNames[name as keyof typeof t.programs.conditionNames] ?? name;
  return `${parameter} ${code}`;
}
