/* My day: who comes, who is here, who is next. Every state is one key or one press away, and
 * each can be taken back. */
import { useEffect, useState, type KeyboardEvent } from 'react';
import { isClinical, maySee } from '../app/places';
import { calendarPath, chartPath, consultPath, go } from '../app/router';
import { Link } from '../app/Link';
import type { Session } from '../app/session';
import { byTime, moveTo, readDay, readNextDay, visitsChanged, type Step, type Visit } from '../care/visit';
import { useLive } from '../fhir/live';
import { useQuery } from '../fhir/query';
import { useSpeech, useText } from '../i18n';
import { dayName, showDate, showMinute, today } from '../i18n/format';
import { Button, Icon, Note, Panel, say, Show } from '../ui';
import { InboxSummary } from './InboxSummary';
import { NextPatient } from './NextPatient';
import { Requests } from './Requests';

/* What comes after a state; a key of its own for each. */
const onward: Partial<Record<Step, Step>> = { booked: 'arrived', arrived: 'inside', inside: 'done' };
const keys: Record<string, Step> = { a: 'arrived', i: 'inside', d: 'done', x: 'absent', b: 'booked' };

export function TodayPage({ session }: { session: Session }) {
  const { t, language } = useSpeech();
  const day = today();
  const own = isClinical(session) ? session.reference : null;
  const query = useQuery(`day ${day} ${own ?? 'all'}`, (signal) => readDay(day, own, signal));
  useLive(`day:${day} inbox`, visitsChanged);
  useEffect(() => {
    document.title = `${t.places.today} – Aceso`;
  }, [t]);
  return (
    <div className="page page-wide today">
      <header className="page-head">
        <div>
          <h1 className="today-date">{`${dayName(day, language)} ${showDate(day)}`}</h1>
          {query.state === 'ready' && query.data.length > 0 ? <Counts visits={query.data} /> : null}
        </div>
      </header>
      <div className="today-body">
        <Panel title={own ? t.today.mine : t.today.all}>
          <Show query={query} rows={10}>
            {(visits) => {
              const shown = visits.filter((each) => each.step !== 'cancelled');
              return shown.length === 0 ? <Empty day={day} who={own} /> : <Agenda visits={shown} named={own === null} session={session} />;
            }}
          </Show>
        </Panel>
        <aside className="today-side" aria-label={t.today.side}>
          {own && query.state === 'ready' ? <NextPatient visits={query.data} /> : null}
          <Requests who={own} />
          {maySee(session, 'inbox') ? <InboxSummary /> : null}
        </aside>
      </div>
    </div>
  );
}

function Counts({ visits }: { visits: Visit[] }) {
  const t = useText();
  const count = (...steps: Step[]) => visits.filter((each) => steps.includes(each.step)).length;
  const parts = [t.today.count(visits.length - count('cancelled')), t.today.here(count('arrived', 'inside')), t.today.seen(count('done'))];
  return <p className="soft">{parts.join(' · ')}</p>;
}

function Empty({ day, who }: { day: string; who: string | null }) {
  const { t, language } = useSpeech();
  const query = useQuery(`day next ${day} ${who ?? 'all'}`, (signal) => readNextDay(day, who, signal));
  const next = query.state === 'ready' ? query.data : null;
  return (
    <Note icon="today" title={t.today.none}>
      {next ? (
        <p>
          {t.today.next}{' '}
          <Link href={calendarPath(next, 'day')}>
            {dayName(next, language)} {showDate(next)}
          </Link>
        </p>
      ) : null}
    </Note>
  );
}

/* A list with one place in the tab order; the arrows move in it. */
function Agenda({ visits, named, session }: { visits: Visit[]; named: boolean; session: Session }) {
  const t = useText();
  const sorted = [...visits].sort(byTime);
  const [chosen, setChosen] = useState(() => Math.max(0, sorted.findIndex((each) => !['done', 'absent'].includes(each.step))));
  const at = Math.min(chosen, sorted.length - 1);

  function change(visit: Visit, step: Step) {
    if (visit.step === step) return;
    const before = visit.step;
    moveTo(visit, step).then(
      () => say({ text: `${visit.patient}: ${t.steps[step]}`, undo: () => void moveTo(visit, before).catch(() => say({ text: t.app.notDone, tone: 'bad' })) }),
      () => say({ text: t.app.notDone, tone: 'bad' }),
    );
  }

  function onKey(event: KeyboardEvent) {
    const visit = sorted[at];
    if (!visit || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = keys[event.key.toLowerCase()];
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      const next = Math.max(0, Math.min(sorted.length - 1, at + (event.key === 'ArrowDown' ? 1 : -1)));
      setChosen(next);
      document.getElementById(`visit-${next}`)?.focus();
    } else if (step) {
      event.preventDefault();
      change(visit, step);
    } else if (event.key === 'Enter' && event.target === document.getElementById(`visit-${at}`) && visit.patientId) {
      go(chartPath(visit.patientId));
    } else if (event.key.toLowerCase() === 'c' && visit.patientId && isClinical(session)) {
      go(consultPath(visit.patientId));
    }
  }

  return (
    <>
      <ul className="agenda" onKeyDown={onKey}>
        {sorted.map((visit, index) => (
          <Row key={visit.id} visit={visit} index={index} chosen={index === at} named={named} onFocus={() => setChosen(index)} onStep={change} />
        ))}
      </ul>
      <p className="find-keys no-print">{t.today.keys}</p>
    </>
  );
}

interface RowProps {
  visit: Visit;
  index: number;
  chosen: boolean;
  named: boolean;
  onFocus: () => void;
  onStep: (visit: Visit, step: Step) => void;
}

function Row({ visit, index, chosen, named, onFocus, onStep }: RowProps) {
  const t = useText();
  const next = onward[visit.step];
  const title = `${showMinute(visit.from)}, ${visit.patient}, ${t.steps[visit.step]}`;
  const who = (
    <>
      <strong>{visit.patient || t.calendar.taken}</strong>
      <span className="agenda-why">{[visit.reason, named ? visit.whoName : ''].filter(Boolean).join(' · ')}</span>
    </>
  );
  return (
    <li id={`visit-${index}`} className={`agenda-row step-${visit.step}`} tabIndex={chosen ? 0 : -1} aria-label={title} onFocus={onFocus}>
      <span className="agenda-time digits">{showMinute(visit.from)}</span>
      {visit.patientId ? (
        <Link className="agenda-who" href={chartPath(visit.patientId)}>
          {who}
        </Link>
      ) : (
        <span className="agenda-who">{who}</span>
      )}
      <span className={`step step-${visit.step}`}>{t.steps[visit.step]}</span>
      <span className="agenda-act no-print">
        {next ? (
          <Button label={`${t.today.mark[next as 'arrived' | 'inside' | 'done']}: ${visit.patient}`} onClick={() => onStep(visit, next)} icon={next === 'done' ? <Icon name="check" size={18} /> : null}>
            {t.today.mark[next as 'arrived' | 'inside' | 'done']}
          </Button>
        ) : null}
      </span>
    </li>
  );
}
