/* Painting availability: drag over a day to open hours, drag over open hours to close them. The
 * same can be typed below, window by window. */
import type { Practitioner, PractitionerRole } from 'fhir/r4';
import { useState, type PointerEvent as Pointing } from 'react';
import { feedNames } from '../app/CalendarFeed';
import { readJson, replace, search } from '../fhir/client';
import { refresh, useQuery } from '../fhir/query';
import { wordsOf } from '../fhir/read';
import { visitsChanged } from '../care/visit';
import { useSpeech } from '../i18n';
import { addDays, dayName, showMinute } from '../i18n/format';
import { Button, Icon, Note, Panel, say, SelectField, Show } from '../ui';
import { erased, painted, weekdays, weekOf, withWeek, type Week, type Weekday, type Window } from './hours';

const first = 7 * 60;
const last = 21 * 60;
const step = 30;
/* A Monday, for the names of the days. */
const aMonday = '2026-01-05';

const readRoles = (signal: AbortSignal) =>
  search<PractitionerRole>('PractitionerRole', 'active=true&_count=500', signal).then((page) =>
    page.items.filter((each) => each.practitioner).sort((a, b) => (a.practitioner?.display ?? '').localeCompare(b.practitioner?.display ?? '')),
  );

export function HoursPart() {
  const { t } = useSpeech();
  const query = useQuery('roles of staff', readRoles);
  const [chosen, setChosen] = useState('');
  return (
    <Panel title={t.admin.parts.hours}>
      <Show query={query} rows={6}>
        {(roles) => {
          const role = roles.find((each) => each.id === chosen) ?? roles[0];
          if (!role) return <Note title={t.calendar.nobody} />;
          return (
            <>
              <SelectField
                label={t.calendar.person}
                value={role.id ?? ''}
                onChange={setChosen}
                options={roles.map((each) => ({ value: each.id ?? '', text: [each.practitioner?.display, wordsOf(each.code?.[0]), each.organization?.display].filter(Boolean).join(' · ') }))}
              />
              <WeekPaint key={`${role.id} ${role.meta?.versionId}`} role={role} />
              <FeedNames reference={role.practitioner?.reference ?? ''} />
            </>
          );
        }}
      </Show>
    </Panel>
  );
}

const namesUrl = 'urn:aceso:calendar-names';

/* How far a calendar that somebody has elsewhere may name patients: the centre decides. */
function FeedNames({ reference }: { reference: string }) {
  const { t } = useSpeech();
  const key = `feed names ${reference}`;
  const query = useQuery(key, (signal) => readJson<Practitioner>(reference, signal));
  const put = (person: Practitioner, valueCode: string) =>
    void replace({ ...person, extension: [...(person.extension ?? []).filter((each) => each.url !== namesUrl), { url: namesUrl, valueCode }] }).then(
      () => {
        refresh((each) => each === key);
        say({ text: t.admin.saved });
      },
      () => say({ text: t.app.notDone, tone: 'bad' }),
    );
  return (
    <Show query={query} rows={1}>
      {(person) => (
        <div className="feed-names">
          <SelectField
            label={t.feed.centre}
            value={person.extension?.find((each) => each.url === namesUrl)?.valueCode ?? 'none'}
            onChange={(next) => put(person, next)}
            options={feedNames.map((each) => ({ value: each, text: t.feed.says[each] }))}
          />
          <p className="field-help">{t.feed.centreHelp}</p>
        </div>
      )}
    </Show>
  );
}

interface Stroke {
  day: Weekday;
  from: number;
  to: number;
  erases: boolean;
}

const windowOf = (stroke: Stroke): Window => ({ from: Math.min(stroke.from, stroke.to), to: Math.max(stroke.from, stroke.to) + step });

function WeekPaint({ role }: { role: PractitionerRole }) {
  const { t, language } = useSpeech();
  const [stroke, setStroke] = useState<Stroke | null>(null);
  const week = weekOf(role);

  function save(next: Week, undo: boolean) {
    replace(withWeek(role, next)).then(
      (made) => {
        refresh((key) => key === 'roles of staff');
        visitsChanged();
        say({ text: t.admin.hoursSaved, ...(undo && made ? { undo: () => void replace(withWeek(made as PractitionerRole, week)).then(() => refresh((key) => key === 'roles of staff')) } : {}) });
      },
      () => say({ text: t.app.notDone, tone: 'bad' }),
    );
  }

  const change = (day: Weekday, windows: Window[]) => save({ ...week, [day]: windows }, true);
  const minuteAt = (event: Pointing<HTMLElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const part = (event.clientX - box.left) / box.width;
    return Math.max(first, Math.min(last - step, first + Math.floor((part * (last - first)) / step) * step));
  };
  const left = (minute: number) => `${((Math.max(first, minute) - first) / (last - first)) * 100}%`;
  const wide = (window: Window) => `${((Math.min(last, window.to) - Math.max(first, window.from)) / (last - first)) * 100}%`;

  return (
    <>
      <p className="field-help">{t.admin.hoursHelp}</p>
      <div className="week">
        <div className="week-axis" aria-hidden="true">
          {Array.from({ length: (last - first) / 120 + 1 }, (_, at) => first + at * 120).map((minute) => (
            <span key={minute} style={{ left: left(minute) }}>
              {showMinute(minute)}
            </span>
          ))}
        </div>
        {weekdays.map((day, index) => (
          <div key={day} className="week-row">
            <strong>{dayName(addDays(aMonday, index), language)}</strong>
            <div
              className="week-lane"
              onPointerDown={(event) => {
                event.currentTarget.setPointerCapture(event.pointerId);
                const minute = minuteAt(event);
                setStroke({ day, from: minute, to: minute, erases: week[day].some((each) => each.from <= minute && each.to > minute) });
              }}
              onPointerMove={(event) => stroke?.day === day && setStroke({ ...stroke, to: minuteAt(event) })}
              onPointerUp={() => {
                if (stroke?.day !== day) return;
                change(day, stroke.erases ? erased(week[day], windowOf(stroke)) : painted(week[day], windowOf(stroke)));
                setStroke(null);
              }}
            >
              {week[day].map((each) => (
                <span key={each.from} className="week-open" style={{ left: left(each.from), width: wide(each) }}>
                  {showMinute(each.from)}–{showMinute(each.to)}
                </span>
              ))}
              {stroke?.day === day ? <span className={stroke.erases ? 'week-stroke week-erase' : 'week-stroke'} style={{ left: left(windowOf(stroke).from), width: wide(windowOf(stroke)) }} /> : null}
            </div>
            <WindowForm day={dayName(addDays(aMonday, index), language)} onAdd={(window) => change(day, painted(week[day], window))} onClear={week[day].length > 0 ? () => change(day, []) : null} />
          </div>
        ))}
      </div>
    </>
  );
}

/* The way without a pointer. */
function WindowForm({ day, onAdd, onClear }: { day: string; onAdd: (window: Window) => void; onClear: (() => void) | null }) {
  const { t } = useSpeech();
  const [from, setFrom] = useState('09:00');
  const [to, setTo] = useState('12:00');
  const minute = (text: string) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3, 5));
  return (
    <details className="week-form">
      <summary>
        <span className="hidden">{day}: </span>
        {t.admin.edit}
      </summary>
      <div className="inline-form">
        <input className="input" type="time" aria-label={`${day}, ${t.admin.from}`} value={from} onChange={(event) => setFrom(event.currentTarget.value)} />
        <input className="input" type="time" aria-label={`${day}, ${t.admin.to}`} value={to} onChange={(event) => setTo(event.currentTarget.value)} />
        <Button icon={<Icon name="plus" size={18} />} disabled={minute(to) <= minute(from)} onClick={() => onAdd({ from: minute(from), to: minute(to) })}>
          {t.admin.open}
        </Button>
        {onClear ? <Button onClick={onClear}>{t.admin.closeDay}</Button> : null}
      </div>
    </details>
  );
}
