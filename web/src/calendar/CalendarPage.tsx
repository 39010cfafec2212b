/* The calendar of a centre: its people side by side for a day, or some of them for a week. */
import { useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { calendarPath, go, type CalendarView } from '../app/router';
import type { Session } from '../app/session';
import { useOwnPlace } from '../care/own';
import { inTheWay, nearestOf } from '../care/series';
import { visitsChanged, type Visit } from '../care/visit';
import { Failure } from '../fhir/failure';
import { useLive } from '../fhir/live';
import { useQuery } from '../fhir/query';
import { useSpeech } from '../i18n';
import { addDays, dayName, mondayOf, showDate, showMinute, today } from '../i18n/format';
import { Button, Chips, DateButton, Icon, Note, say, SelectField, Show } from '../ui';
import { book, cancel, move, type Hour, type Scope } from './book';
import { BookPanel } from './BookPanel';
import { Grid, type Column } from './Grid';
import { calendarKey, daysFrom, readCalendar, readPlaces, type CalendarData, type Person, type Place } from './read';
import { TakenPanel } from './TakenPanel';
import { VisitPanel } from './VisitPanel';
import { Waiting, type Waiter } from './Waiting';

interface Props {
  day: string | null;
  view: CalendarView;
  session: Session;
}

/* What was chosen stays while the window is open. */
let chosenPlace: string | undefined;
let chosenPerson: string | null = null;

export default function CalendarPage({ day: asked, view, session }: Props) {
  const { t } = useSpeech();
  const day = asked ?? today();
  const [place, setPlace] = useState(chosenPlace);
  const own = useOwnPlace(session.reference);
  const where = place ?? own?.where ?? '';
  const [waiting, setWaiting] = useState(false);
  const [placing, setPlacing] = useState<Waiter | null>(null);
  const places = useQuery('places', readPlaces);
  const start = view === 'week' ? mondayOf(day) : day;
  const wanted = { day: start, days: view === 'week' ? 7 : 1, where };
  const query = useQuery(calendarKey(wanted), (signal) => readCalendar(wanted, signal));
  useLive(`day:${day}${where ? `:${where}` : ''}`, visitsChanged);

  useEffect(() => {
    document.title = `${t.places.calendar} – Aceso`;
  }, [t]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const typing = event.target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
      if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
      const by = view === 'week' ? 7 : 1;
      const to: Record<string, () => void> = {
        PageDown: () => go(calendarPath(addDays(day, by), view)),
        PageUp: () => go(calendarPath(addDays(day, -by), view)),
        t: () => go(calendarPath(today(), view)),
        d: () => go(calendarPath(day, 'day')),
        w: () => go(calendarPath(day, 'week')),
      };
      const run = to[event.key];
      if (!run) return;
      event.preventDefault();
      run();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [day, view]);

  const pickPlace = (reference: string) => {
    chosenPlace = reference;
    setPlace(reference);
  };
  return (
    <div className="calendar">
      <Bar day={day} view={view} where={where} places={places.state === 'ready' ? places.data : []} onPlace={pickPlace} onWaiting={() => setWaiting(!waiting)} />
      <div className="calendar-body">
        <Show query={query} rows={12}>
          {(data) => <Loaded data={data} start={start} view={view} session={session} placing={placing} onPlaced={() => setPlacing(null)} />}
        </Show>
        {waiting ? <Waiting placing={placing} onPlace={setPlacing} onClose={() => setWaiting(false)} /> : null}
      </div>
    </div>
  );
}

interface BarProps {
  day: string;
  view: CalendarView;
  where: string;
  places: Place[];
  onPlace: (reference: string) => void;
  onWaiting: () => void;
}

function Bar({ day, view, where, places, onPlace, onWaiting }: BarProps) {
  const { t, language } = useSpeech();
  const by = view === 'week' ? 7 : 1;
  const monday = mondayOf(day);
  const title = view === 'week' ? `${showDate(monday)} – ${showDate(addDays(monday, 6))}` : `${dayName(day, language)} ${showDate(day)}`;
  return (
    <header className="cal-bar no-print">
      <h1>{title}</h1>
      <div className="cal-nav">
        <button type="button" className="icon-button" aria-label={t.calendar.before} onClick={() => go(calendarPath(addDays(day, -by), view))}>
          <Icon name="left" />
        </button>
        <Button onClick={() => go(calendarPath(today(), view))}>{t.calendar.today}</Button>
        <button type="button" className="icon-button" aria-label={t.calendar.after} onClick={() => go(calendarPath(addDays(day, by), view))}>
          <Icon name="right" />
        </button>
      </div>
      <DateButton label={t.calendar.goTo} value={day} onChange={(next) => go(calendarPath(next, view))} />
      <Chips
        label={t.calendar.view}
        name="view"
        value={view}
        options={[
          { value: 'day', text: t.calendar.day },
          { value: 'week', text: t.calendar.week },
        ]}
        onChange={(next) => go(calendarPath(day, next))}
      />
      {places.length > 1 ? (
        <SelectField label={t.calendar.centre} labelHidden value={where} onChange={onPlace} options={[{ value: '', text: t.calendar.allCentres }, ...places.map((each) => ({ value: each.reference, text: each.name }))]} />
      ) : null}
      <Button icon={<Icon name="clock" size={18} />} onClick={onWaiting}>
        {t.calendar.waiting}
      </Button>
    </header>
  );
}

interface LoadedProps {
  data: CalendarData;
  start: string;
  view: CalendarView;
  session: Session;
  placing: Waiter | null;
  onPlaced: () => void;
}

/* Oneself first, then by what people do. */
function inOrder(people: Person[], own: string | null): Person[] {
  const first = (each: Person) => (each.who === own ? 0 : 1);
  return [...people].sort((a, b) => first(a) - first(b) || a.what.localeCompare(b.what) || a.name.localeCompare(b.name));
}

type Open =
  | { kind: 'free'; hour: Hour }
  | { kind: 'visit'; visit: Visit }
  /* Somebody was dropped there, and it is taken. */
  | { kind: 'taken'; hour: Hour; name: string; nearest: string[]; take: (hour: Hour) => void }
  | null;

function Loaded({ data, start, view, session, placing, onPlaced }: LoadedProps) {
  const { t, language } = useSpeech();
  const [open, setOpen] = useState<Open>(null);
  /* A visit that is being moved without a mouse: the next free hour that is chosen is its own. */
  const [carried, setCarried] = useState<Visit | null>(null);
  const area = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!carried) return;
    area.current?.querySelector<HTMLElement>('.cal-scroll')?.focus({ preventScroll: true });
    const give = (event: KeyboardEvent) => event.key === 'Escape' && setCarried(null);
    window.addEventListener('keydown', give);
    return () => window.removeEventListener('keydown', give);
  }, [carried]);
  const [person, setPerson] = useState(() => chosenPerson ?? session.reference ?? '');
  const people = useMemo(() => inOrder(data.people, session.reference), [data, session.reference]);
  const shown = people.find((each) => each.who === person) ?? people[0];
  const columns = useMemo<Column[]>(() => {
    if (view === 'day') return people.map((each) => ({ key: `${each.who} ${start}`, person: each, day: start, head: each.name, sub: each.what }));
    if (!shown) return [];
    return daysFrom(start, 7).map((each) => ({ key: `${shown.who} ${each}`, person: shown, day: each, head: dayName(each, language), sub: showDate(each) }));
  }, [people, start, view, shown, language]);
  const failed = (error: unknown) => {
    const { kind } = Failure.from(error);
    say({ text: kind === 'conflict' ? t.calendar.justTaken : kind === 'refused' ? t.calendar.notThere : kind === 'offline' ? t.failures.offline : t.app.notDone, tone: 'bad' });
  };
  /* What is taken comes with the free hours that are nearest: one press takes one of them. */
  const collided = (hour: Hour, name: string, take: (hour: Hour) => void) => (error: unknown) => {
    const nearest = nearestOf(error);
    if (nearest.length === 0) failed(error);
    else setOpen({ kind: 'taken', hour, name, nearest, take });
  };

  function placeWaiter(waiter: Waiter, hour: Hour) {
    setOpen(null);
    book({ ...hour, patientId: waiter.patientId, service: waiter.serviceId }).then(
      () => {
        say({ text: t.calendar.booked(waiter.patient, showMinute(hour.minute)) });
        /* Who has an hour waits no longer: else he is offered the next one. */
        void cancel(waiter.id, 'this').catch(failed);
      },
      collided(hour, waiter.patient, (next) => placeWaiter(waiter, next)),
    );
  }

  function onFree(hour: Hour) {
    if (carried) {
      setCarried(null);
      onMove(carried, hour);
      return;
    }
    if (!placing) {
      setOpen({ kind: 'free', hour });
      return;
    }
    placeWaiter(placing, hour);
    onPlaced();
  }

  function onMove(visit: Visit, to: Hour) {
    const before: Hour = { who: visit.who ?? to.who, where: visit.where, day: visit.day, minute: visit.from };
    const when = to.day === visit.day ? showMinute(to.minute) : `${dayName(to.day, language, 'short')} ${showDate(to.day)}, ${showMinute(to.minute)}`;
    /* The others move by as much as this one does: it goes back first, and when they cannot, it stays
     * where it was put. */
    const again = (scope: Scope) => () =>
      void move(visit, before, 'this')
        .then(() =>
          move(visit, to, scope).catch(async (error: unknown) => {
            await move(visit, to, 'this');
            throw error;
          }),
        )
        .then(
          () => say({ text: t.calendar.moved(visit.patient, when), undo: () => void move(visit, before, scope).catch(failed) }),
          (error: unknown) => (inTheWay(error) > 0 ? say({ text: t.calendar.othersStay(inTheWay(error)), tone: 'bad' }) : failed(error)),
        );
    setOpen(null);
    move(visit, to, 'this').then(
      () =>
        say({
          text: t.calendar.moved(visit.patient, when),
          undo: () => void move({ ...visit, from: to.minute, day: to.day }, before, 'this').catch(failed),
          ...(visit.series
            ? {
                others: [
                  { text: t.calendar.scopes.following, onPress: again('following') },
                  { text: t.calendar.scopes.all, onPress: again('all') },
                ],
              }
            : {}),
        }),
      collided(to, visit.patient, (next) => onMove(visit, next)),
    );
  }

  if (!shown) return <Note icon="calendar" title={t.calendar.nobody} />;
  const close = () => setOpen(null);
  let panel: { hour: Hour; panel: ReactNode } | null = null;
  if (open?.kind === 'free') {
    const { hour } = open;
    const whose = data.people.find((each) => each.who === hour.who);
    const outside = !data.open.some((each) => each.who === hour.who && each.day === hour.day && each.from <= hour.minute && each.to > hour.minute);
    panel = {
      hour,
      panel: <BookPanel key={`${hour.who} ${hour.day} ${hour.minute}`} hour={hour} name={whose?.name ?? ''} services={whose?.services ?? []} outside={outside} onClose={close} onHour={(next) => setOpen({ kind: 'free', hour: next })} />,
    };
  } else if (open?.kind === 'taken') {
    panel = { hour: open.hour, panel: <TakenPanel hour={open.hour} name={open.name} nearest={open.nearest} onTake={open.take} onClose={close} /> };
  } else if (open) {
    const { visit } = open;
    panel = {
      hour: { who: visit.who ?? '', where: visit.where, day: visit.day, minute: visit.from },
      panel: <VisitPanel key={visit.id} visit={visit} session={session} onClose={close} onCarry={() => (close(), setCarried(visit))} />,
    };
  }
  return (
    <div className="cal-area" ref={area}>
      {carried ? (
        <p className="cal-carried" role="status">
          {t.calendar.clickHour(carried.patient)}{' '}
          <Button kind="plain" onClick={() => setCarried(null)}>
            {t.door.keep}
          </Button>
        </p>
      ) : null}
      {view === 'week' ? (
        <SelectField
          className="cal-person"
          label={t.calendar.person}
          labelHidden
          value={shown.who}
          onChange={(next) => {
            chosenPerson = next;
            setPerson(next);
          }}
          options={people.map((each) => ({ value: each.who, text: `${each.name} · ${each.what}` }))}
        />
      ) : null}
      <Grid columns={columns} data={data} open={panel} onFree={onFree} onVisit={(visit) => setOpen({ kind: 'visit', visit })} onMove={onMove} />
    </div>
  );
}
