/* The hours of many people side by side. Only the columns that can be seen are made: forty people
 * are as quick as four. The grid is one stop of the Tab key; the arrows move a cursor in it, Enter
 * books where it stands or opens what stands there. */
import { memo, useEffect, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import type { Visit } from '../care/visit';
import { useText } from '../i18n';
import { minuteOf, showMinute, today } from '../i18n/format';
import { Icon } from '../ui';
import type { Hour } from './book';
import { layOut } from './lanes';
import type { CalendarData, Person, Span } from './read';

export interface Column {
  key: string;
  person: Person;
  day: string;
  head: string;
  sub: string;
}

const step = 15;
const axisPx = 52;
const columnMinPx = 148;
const marginColumns = 2;
const morning = 8 * 60;
const panelPx = 344;
const gapPx = 6;
/* Too low for two lines. */
const shortPx = 40;

interface Props {
  columns: Column[];
  data: CalendarData;
  /* Where a panel stands, of booking or of a visit. */
  open: { hour: Hour; panel: ReactNode } | null;
  onFree: (hour: Hour) => void;
  onVisit: (visit: Visit) => void;
  onMove: (visit: Visit, to: Hour) => void;
}

interface Frame {
  first: number;
  last: number;
}

function rangeOf({ open, visits }: CalendarData): Frame {
  const from = Math.min(8 * 60, ...open.map((each) => each.from), ...visits.map((each) => each.from));
  const to = Math.max(18 * 60, ...open.map((each) => each.to), ...visits.map((each) => each.to));
  return { first: Math.floor(from / 60) * 60, last: Math.ceil(to / 60) * 60 };
}

/* A quarter of an hour is 45 px: what is pressed is never lower than the 44 of our rules. */
const pxPerMinute = 3;

interface Drag {
  visit: Visit;
  /* Where in the visit it was taken hold of. */
  grip: number;
  to: Hour;
  moved: boolean;
}

export function Grid({ columns, data, open, onFree, onVisit, onMove }: Props) {
  const t = useText();
  const box = useRef<HTMLDivElement>(null);
  const body = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ left: 0, width: 1000 });
  const [cursor, setCursor] = useState<{ column: number; minute: number } | null>(null);
  const [drag, setDrag] = useState<Drag | null>(null);
  const frame = useMemo(() => rangeOf(data), [data]);
  const scale = pxPerMinute;
  const width = Math.max(columnMinPx, Math.floor((view.width - axisPx - 16) / Math.max(1, columns.length)));
  const byColumn = useMemo(() => sortByColumn(columns, data), [columns, data]);
  const height = (frame.last - frame.first) * scale;

  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const look = () => setView({ left: element.scrollLeft, width: element.clientWidth });
    const watch = new ResizeObserver(look);
    watch.observe(element);
    element.addEventListener('scroll', look, { passive: true });
    /* Begins at the hour that it is, else in the morning. */
    const now = columns.some((each) => each.day === today()) ? minuteOf(new Date().toISOString()) : 0;
    element.scrollTop = Math.max(0, ((now > frame.first && now < frame.last ? now - 60 : morning) - frame.first) * scale);
    return () => {
      watch.disconnect();
      element.removeEventListener('scroll', look);
    };
    // The beginning is chosen once for a set of columns.
  }, [columns[0]?.key]);

  const firstShown = Math.max(0, Math.floor((view.left - axisPx) / width) - marginColumns);
  const lastShown = Math.min(columns.length, Math.ceil((view.left + view.width) / width) + marginColumns);

  const hourAt = (clientX: number, clientY: number, grip: number): Hour | null => {
    const rect = body.current?.getBoundingClientRect();
    if (!rect) return null;
    const column = columns[Math.max(0, Math.min(columns.length - 1, Math.floor((clientX - rect.left - axisPx) / width)))];
    const minute = frame.first + (clientY - rect.top - grip) / scale;
    const snapped = grip > 0 ? Math.round(minute / 5) * 5 : Math.floor(minute / step) * step;
    return column ? hourOf(column, Math.max(frame.first, Math.min(frame.last - step, snapped))) : null;
  };

  useEffect(() => {
    if (!drag) return;
    const onPointer = (event: PointerEvent) => {
      const to = hourAt(event.clientX, event.clientY, drag.grip);
      if (to) setDrag({ ...drag, to, moved: drag.moved || to.minute !== drag.visit.from || to.who !== drag.visit.who || to.day !== drag.visit.day });
    };
    const drop = () => {
      setDrag(null);
      if (drag.moved) onMove(drag.visit, drag.to);
      else onVisit(drag.visit);
    };
    const give = (event: globalThis.KeyboardEvent) => event.key === 'Escape' && setDrag(null);
    window.addEventListener('pointermove', onPointer);
    window.addEventListener('pointerup', drop);
    window.addEventListener('keydown', give);
    return () => {
      window.removeEventListener('pointermove', onPointer);
      window.removeEventListener('pointerup', drop);
      window.removeEventListener('keydown', give);
    };
  });

  function onKey(event: KeyboardEvent) {
    if (event.target !== event.currentTarget) return;
    const now = cursor ?? { column: 0, minute: Math.max(frame.first, 9 * 60) };
    const moves: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
    const by = moves[event.key];
    const column = columns[now.column];
    if (by) {
      event.preventDefault();
      const next = cursor
        ? {
            column: Math.max(0, Math.min(columns.length - 1, now.column + by[0])),
            minute: Math.max(frame.first, Math.min(frame.last - step, now.minute + by[1])),
          }
        : now;
      setCursor(next);
      reveal(next.column, next.minute);
    } else if (event.key === 'Enter' && column) {
      event.preventDefault();
      const visit = visitAt(byColumn.get(column.key), now.minute);
      if (visit) onVisit(visit);
      else onFree(hourOf(column, now.minute));
    }
  }

  function reveal(column: number, minute: number) {
    const element = box.current;
    if (!element) return;
    const x = column * width;
    const y = (minute - frame.first) * scale;
    if (x < element.scrollLeft) element.scrollLeft = x;
    if (x + width + axisPx > element.scrollLeft + element.clientWidth) element.scrollLeft = x + width + axisPx - element.clientWidth;
    if (y < element.scrollTop) element.scrollTop = y;
    if (y + 120 > element.scrollTop + element.clientHeight) element.scrollTop = y + 120 - element.clientHeight;
  }

  const at = cursor ? columns[cursor.column] : undefined;
  const stands = at && cursor ? visitAt(byColumn.get(at.key), cursor.minute) : null;
  const openColumn = open ? columns.findIndex((each) => each.person.who === open.hour.who && each.day === open.hour.day) : -1;
  const shown = columns.slice(firstShown, lastShown);
  const place = (index: number) => ({ left: axisPx + index * width, width });

  return (
    <div className="cal-scroll" ref={box} tabIndex={0} role="group" aria-label={t.calendar.grid} onKeyDown={onKey}>
      <div className="cal-head" style={{ width: axisPx + columns.length * width }}>
        {shown.map((column, index) => (
          <div key={column.key} className="cal-who" style={place(firstShown + index)}>
            <strong>{column.head}</strong>
            <span>{column.sub}</span>
          </div>
        ))}
      </div>
      <div className="cal-body" ref={body} style={{ width: axisPx + columns.length * width, height }}>
        <Axis frame={frame} scale={scale} />
        {shown.map((column, index) => (
          <ColumnView
            key={column.key}
            column={column}
            left={axisPx + (firstShown + index) * width}
            width={width}
            frame={frame}
            scale={scale}
            cell={byColumn.get(column.key) ?? nothing}
            onFree={onFree}
            onGrip={(visit, grip) => setDrag({ visit, grip, to: hourOf(column, visit.from), moved: false })}
            onVisit={onVisit}
            dragged={drag?.moved ? drag.visit.id : null}
          />
        ))}
        {open && openColumn >= 0 ? (
          <div className="cal-cursor" style={{ ...place(openColumn), top: (open.hour.minute - frame.first) * scale, height: step * scale }} />
        ) : null}
        {cursor && at ? (
          <div className="cal-cursor" style={{ ...place(cursor.column), top: (cursor.minute - frame.first) * scale, height: step * scale }} />
        ) : null}
        {drag?.moved ? <Ghost drag={drag} columns={columns} place={place} frame={frame} scale={scale} /> : null}
        {open && openColumn >= 0 ? (
          <div
            className="cal-panel"
            style={{
              left: besideColumn(axisPx + openColumn * width, width, view),
              top: Math.max(0, Math.min((open.hour.minute - frame.first) * scale, height - 320)),
            }}
            onKeyDown={(event) => event.stopPropagation()}
          >
            {open.panel}
          </div>
        ) : null}
      </div>
      <p className="hidden" role="status">
        {at && cursor ? `${at.head}, ${showMinute(cursor.minute)}: ${stands ? stands.patient || t.calendar.taken : t.calendar.free}` : ''}
      </p>
    </div>
  );
}

/* Right of its column, else left of it: what it is about stays seen. */
function besideColumn(left: number, width: number, view: { left: number; width: number }): number {
  const right = left + width + gapPx;
  if (right + panelPx <= view.left + view.width) return right;
  return Math.max(view.left + axisPx, left - panelPx - gapPx);
}

const hourOf = (column: Column, minute: number): Hour => ({ who: column.person.who, where: column.person.where, day: column.day, minute });
const visitAt = (cell: Cell | undefined, minute: number) => cell?.visits.find((each) => each.from < minute + step && each.to > minute) ?? null;

interface Cell {
  visits: Visit[];
  open: Span[];
  closed: Span[];
  busy: Span[];
}
const nothing: Cell = { visits: [], open: [], closed: [], busy: [] };

function sortByColumn(columns: Column[], data: CalendarData): Map<string, Cell> {
  const cells = new Map<string, Cell>(columns.map((each) => [each.key, { visits: [], open: [], closed: [], busy: [] }]));
  for (const visit of data.visits) cells.get(`${visit.who} ${visit.day}`)?.visits.push(visit);
  for (const name of ['open', 'closed', 'busy'] as const) for (const span of data[name]) cells.get(`${span.who} ${span.day}`)?.[name].push(span);
  return cells;
}

const Axis = memo(function Axis({ frame, scale }: { frame: Frame; scale: number }) {
  const hours = Array.from({ length: (frame.last - frame.first) / 60 }, (_, at) => frame.first + at * 60);
  return (
    <div className="cal-axis" aria-hidden="true">
      {hours.map((each) => (
        <span key={each} style={{ top: (each - frame.first) * scale }}>
          {showMinute(each)}
        </span>
      ))}
    </div>
  );
});

function Ghost({ drag, columns, place, frame, scale }: { drag: Drag; columns: Column[]; place: (index: number) => object; frame: Frame; scale: number }) {
  const index = columns.findIndex((each) => each.person.who === drag.to.who && each.day === drag.to.day);
  return (
    <div className="cal-ghost" style={{ ...place(index), top: (drag.to.minute - frame.first) * scale, height: (drag.visit.to - drag.visit.from) * scale }}>
      <strong className="digits">{showMinute(drag.to.minute)}</strong> {drag.visit.patient}
    </div>
  );
}

interface ColumnProps {
  column: Column;
  left: number;
  width: number;
  frame: Frame;
  scale: number;
  cell: Cell;
  dragged: string | null;
  onFree: (hour: Hour) => void;
  onGrip: (visit: Visit, grip: number) => void;
  onVisit: (visit: Visit) => void;
}

function ColumnView({ column, left, width, frame, scale, cell, dragged, onFree, onGrip, onVisit }: ColumnProps) {
  const t = useText();
  const laid = useMemo(() => layOut(cell.visits), [cell]);
  const spanStyle = (span: { from: number; to: number }) => ({ top: (span.from - frame.first) * scale, height: (span.to - span.from) * scale });
  return (
    <div
      className="cal-column"
      style={{ left, width, backgroundSize: `100% ${30 * scale}px` }}
      onClick={(event) => {
        if (event.target !== event.currentTarget) return;
        const y = event.clientY - event.currentTarget.getBoundingClientRect().top;
        onFree(hourOf(column, frame.first + Math.floor(y / scale / step) * step));
      }}
    >
      {cell.open.map((span) => (
        <div key={span.from} className="cal-open" style={{ ...spanStyle(span), backgroundSize: `100% ${30 * scale}px` }} />
      ))}
      {cell.closed.map((span) => (
        <div key={span.from} className="cal-closed" style={spanStyle(span)} />
      ))}
      {cell.busy.map((span) => (
        <div key={`${span.from}-${span.to}`} className="cal-busy" style={spanStyle(span)}>
          {t.calendar.taken}
        </div>
      ))}
      {laid.map(({ visit, lane, lanes }) => (
        <button
          key={visit.id}
          type="button"
          className={`cal-visit step-${visit.step}${dragged === visit.id ? ' cal-away' : ''}${(visit.to - visit.from) * scale < shortPx ? ' cal-short' : ''}`}
          style={{ ...spanStyle(visit), left: `${(lane / lanes) * 100}%`, width: `calc(${100 / lanes}% - 3px)` }}
          title={`${showMinute(visit.from)}–${showMinute(visit.to)} ${visit.patient}${visit.reason ? `, ${visit.reason}` : ''}`}
          onPointerDown={(event) => {
            if (event.button !== 0 || event.pointerType === 'touch') return;
            event.preventDefault();
            onGrip(visit, event.clientY - event.currentTarget.getBoundingClientRect().top + 0.01);
          }}
          onClick={(event) => {
            /* A mouse has been served by the drop; a key and a finger have not. */
            if (event.detail === 0 || (event.nativeEvent as PointerEvent).pointerType === 'touch') onVisit(visit);
          }}
        >
          <span className="cal-name">
            {visit.series ? <Icon name="repeat" size={14} /> : null}
            {visit.patient}
          </span>
          <span className="cal-why">
            <span className="digits">{showMinute(visit.from)}</span> {visit.reason}
          </span>
          <span className="hidden">{t.steps[visit.step]}</span>
        </button>
      ))}
    </div>
  );
}
