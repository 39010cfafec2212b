/* The programs that the person let in, and the end of it: at the next request of the program. */
import { useEffect, useState } from 'react';
import { Failure } from '../fhir/failure';
import { useSpeech } from '../i18n';
import { Button, FailureNote, Loading, Note, Panel } from '../ui';
import { endProgram, programs, type Program } from './api';

export default function ProgramsPage() {
  const { t, language } = useSpeech();
  const [list, setList] = useState<Program[] | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [attempt, setAttempt] = useState(0);
  const [ended, setEnded] = useState<string | null>(null);

  useEffect(() => {
    document.title = `${t.programs.listTitle} – Aceso`;
  }, [t]);

  useEffect(() => {
    const control = new AbortController();
    setFailure(null);
    programs(control.signal).then(
      (found) => setList(found),
      (error: unknown) => {
        if (!control.signal.aborted) setFailure(Failure.from(error));
      },
    );
    return () => control.abort();
  }, [attempt]);

  function end(program: Program) {
    endProgram(program.client).then(
      () => {
        setEnded(program.name);
        setAttempt((count) => count + 1);
      },
      (error: unknown) => setFailure(Failure.from(error)),
    );
  }

  const day = (instant: string | undefined) =>
    instant ? new Intl.DateTimeFormat(language, { dateStyle: 'long' }).format(new Date(instant)) : '';

  return (
    <div className="page">
      <h1>{t.programs.listTitle}</h1>
      <p>{t.programs.listHelp}</p>
      <p role="status">{ended ? t.programs.ended(ended) : ''}</p>
      {failure ? <FailureNote failure={failure} retry={() => setAttempt((count) => count + 1)} /> : null}
      {!list && !failure ? <Loading rows={3} /> : null}
      {list && list.length === 0 ? <Note title={t.programs.listNone} /> : null}
      {list && list.length > 0 ? (
        <Panel title={t.programs.listTitle} count={list.length}>
          <ul className="lines">
            {list.map((program) => (
              <li key={program.client} className="ask-row">
                <span>
                  <strong>{program.name}</strong>
                  <span className="small soft">
                    {' '}
                    {t.programs.since(day(program.since))}
                    {program.lives ? ` · ${t.programs.hasAccess}` : ''}
                  </span>
                </span>
                <Button onClick={() => end(program)} label={t.programs.endOf(program.name)}>
                  {t.programs.end}
                </Button>
              </li>
            ))}
          </ul>
        </Panel>
      ) : null}
    </div>
  );
}
