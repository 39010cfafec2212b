/* Every glass that was broken, to be looked over: who, whose record, why, and what was opened. */
import type { AuditEvent } from 'fhir/r4';
import { useState } from 'react';
import { Failure } from '../fhir/failure';
import { refresh, useQuery } from '../fhir/query';
import { namesOf, readReviews, readSeen, review, type Opening, type Outcome } from '../glass/reviews';
import { useText } from '../i18n';
import { showDateTime } from '../i18n/format';
import type { Messages } from '../i18n/fr';
import { Button, Chips, InputField, Note, Panel, say, Show } from '../ui';

const step = 25;

export function ReviewsPart() {
  const t = useText();
  const [shown, setShown] = useState<'waits' | 'done'>('waits');
  const [count, setCount] = useState(step);
  const done = shown === 'done';
  const query = useQuery(`reviews ${shown} ${count}`, async (signal) => {
    const { items, next } = await readReviews(done, count, signal);
    return { items, next, names: await namesOf(items, signal, t) };
  });
  return (
    <Panel title={t.admin.parts.reviews}>
      <p className="field-help">{t.glass.reviews.help}</p>
      <Chips
        label={t.glass.reviews.show}
        name="reviews"
        value={shown}
        onChange={(next) => {
          setShown(next);
          setCount(step);
        }}
        options={(['waits', 'done'] as const).map((value) => ({ value, text: t.glass.reviews.shown[value] }))}
      />
      <Show query={query} rows={8}>
        {({ items, next, names }) =>
          items.length === 0 ? (
            <div role="status">
              <Note icon="shield" title={done ? t.glass.reviews.noneDone : t.glass.reviews.none} />
            </div>
          ) : (
            <>
              <ul className="reviews">
                {items.map((each) => (
                  <Review key={each.id} opening={each} names={names} />
                ))}
              </ul>
              {next ? <Button onClick={() => setCount(count + step)}>{t.glass.reviews.more}</Button> : null}
            </>
          )
        }
      </Show>
    </Panel>
  );
}

function Review({ opening, names }: { opening: Opening; names: Record<string, string> }) {
  const t = useText();
  const who = names[opening.who] ?? opening.who;
  const patient = names[opening.patient] ?? opening.patient;
  return (
    <li className="review" aria-label={`${who}, ${patient}, ${showDateTime(opening.at)}`}>
      <p className="review-head">
        <strong>{who}</strong> <span className="soft digits">{showDateTime(opening.at)}</span>
      </p>
      <dl>
        <dt>{t.glass.reviews.patient}</dt>
        <dd>{patient}</dd>
        <dt>{t.glass.reviews.why}</dt>
        <dd>{[opening.code ? t.glass.codes[opening.code] : '', opening.why].filter(Boolean).join(' : ')}</dd>
        {opening.done ? (
          <>
            <dt>{t.glass.reviews.result}</dt>
            <dd>
              {opening.outcome === 'questioned' ? t.glass.reviews.question : t.glass.reviews.fine}
              {opening.note ? <span className="line-more">{opening.note}</span> : null}
            </dd>
          </>
        ) : null}
      </dl>
      <Seen opening={opening} />
      {opening.done ? null : <Decide opening={opening} named={`${who}, ${patient}`} />}
    </li>
  );
}

function Seen({ opening }: { opening: Opening }) {
  const t = useText();
  const [open, setOpen] = useState(false);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t.glass.reviews.what}</summary>
      {open ? <SeenList opening={opening} /> : null}
    </details>
  );
}

function SeenList({ opening }: { opening: Opening }) {
  const t = useText();
  const query = useQuery(`seen ${opening.id}`, (signal) => readSeen(opening, signal));
  return (
    <Show query={query} rows={2}>
      {(events) =>
        events.length === 0 ? (
          <p className="soft">{t.glass.reviews.nothing}</p>
        ) : (
          <p>
            {t.glass.reviews.looks(events.length)}, {showDateTime(events.at(-1)?.recorded)} – {showDateTime(events[0]?.recorded)}
            <span className="line-more">{thingsOf(events, t)}</span>
          </p>
        )
      }
    </Show>
  );
}

function thingsOf(events: AuditEvent[], t: Messages): string {
  const types = new Set(events.flatMap((each) => each.entity ?? []).filter((each) => each.role?.code === '4' || each.role?.code === '1').map((each) => each.what?.reference?.split('/')[0] ?? ''));
  return [...new Set([...types].flatMap((each) => (each in t.manage.log.things ? [t.manage.log.things[each as keyof typeof t.manage.log.things]] : [])))].join(', ');
}

function Decide({ opening, named }: { opening: Opening; named: string }) {
  const t = useText();
  const [note, setNote] = useState('');
  const [busy, setBusy] = useState(false);
  async function decide(outcome: Outcome) {
    if (busy) return;
    setBusy(true);
    try {
      await review(opening.id, outcome, note.trim());
      refresh((key) => key.startsWith('reviews '));
      say({ text: t.glass.reviews.done });
    } catch (error) {
      setBusy(false);
      const { kind } = Failure.from(error);
      say({ text: kind === 'offline' ? t.failures.offline : t.app.notDone, tone: 'bad' });
    }
  }
  return (
    <div className="inline-form">
      <InputField label={t.glass.reviews.noteLabel} value={note} onChange={setNote} autoComplete="off" />
      <Button kind="primary" label={`${t.glass.reviews.fine}: ${named}`} busy={busy} onClick={() => void decide('in-order')}>
        {t.glass.reviews.fine}
      </Button>
      <Button label={`${t.glass.reviews.question}: ${named}`} disabled={busy} onClick={() => void decide('questioned')}>
        {t.glass.reviews.question}
      </Button>
    </div>
  );
}
