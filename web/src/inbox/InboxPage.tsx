/* What waits: a list worked by the keyboard, and beside it the one that is chosen. */
import type { FhirResource, Task } from 'fhir/r4';
import { useEffect, useState, type KeyboardEvent } from 'react';
import { Link } from '../app/Link';
import { chartPath, go } from '../app/router';
import type { Session } from '../app/session';
import { act, patch } from '../fhir/client';
import { FlagMark } from '../chart/FlagMark';
import { useLive } from '../fhir/live';
import { measureText, seriesOf, worstFlag } from '../fhir/measure';
import { useSpeech, useText } from '../i18n';
import { showDate, showDateTime, today } from '../i18n/format';
import { Compose } from '../messages/Compose';
import { ThreadView } from '../messages/Thread';
import { AreaField, Button, Chips, DateField, Icon, Note, say, Show, type IconName } from '../ui';
import { countOf, inboxChanged, isTagged, itemKinds, useInbox, useResultsOf, waiting, type Item, type ItemKind } from './items';

const icons: Record<ItemKind, IconName> = { result: 'flask', renewal: 'pill', message: 'mail', task: 'check' };

export default function InboxPage({ session }: { session: Session }) {
  const t = useText();
  const [writing, setWriting] = useState(false);
  const query = useInbox();
  useLive('inbox', inboxChanged);
  useEffect(() => {
    document.title = `${t.places.inbox} – Aceso`;
  }, [t]);
  return (
    <div className="page page-wide">
      <div className="page-head">
        <h1>{t.places.inbox}</h1>
        {writing || !session.reference ? null : (
          <Button icon={<Icon name="pen" size={18} />} onClick={() => setWriting(true)}>
            {t.messages.write}
          </Button>
        )}
      </div>
      {writing ? <Compose session={session} onClose={() => setWriting(false)} /> : null}
      <Show query={query} rows={8}>
        {(items) => (items.length === 0 ? <Note icon="inbox" title={t.inbox.none}><p>{t.inbox.noneHelp}</p></Note> : <Items items={items} session={session} />)}
      </Show>
    </div>
  );
}

const wishedOf = (resource: FhirResource): string => (resource.resourceType === 'Task' ? (resource.focus?.reference ?? '') : '');
/* A task that is a patient's wish for a medicine: renewing that one answers it. */
const isWish = (item: Item) => item.kind === 'renewal' && wishedOf(item.resource).startsWith('MedicationRequest/');

/* Done: a task is finished (and taken first, when it is a team's), a message read, a result
 * signed, a renewal made. */
async function finish(item: Item): Promise<void> {
  const { resource } = item;
  if (isWish(item)) {
    await act(`${wishedOf(resource)}/$renew`);
  } else if (resource.resourceType === 'Task') {
    if (!isTagged(resource, 'mine') || resource.status !== 'in-progress') await act(`${item.id}/$claim`).catch(() => null);
    await act(`${item.id}/$finish`);
  } else if (resource.resourceType === 'MedicationRequest') {
    await act(`${item.id}/$renew`);
  } else if (resource.resourceType === 'Communication') {
    await act(`${item.id}/$read`);
  } else {
    await patch(item.id, [{ op: 'replace', path: '/status', value: 'final' }]);
  }
}

function Items({ items, session }: { items: Item[]; session: Session }) {
  const t = useText();
  const [kind, setKind] = useState<ItemKind | 'all'>('all');
  const [chosen, setChosen] = useState<string | null>(null);
  const shown = kind === 'all' ? items : items.filter((each) => each.kind === kind);
  const at = Math.max(0, shown.findIndex((each) => each.id === chosen));
  const item = shown[at];

  function done(which: Item) {
    const next = shown[at + 1] ?? shown[at - 1];
    finish(which).then(
      () => {
        setChosen(next?.id ?? null);
        inboxChanged();
        say({ text: t.inbox.finished(which.title) });
      },
      () => say({ text: t.app.notDone, tone: 'bad' }),
    );
  }

  function onKey(event: KeyboardEvent) {
    if (event.ctrlKey || event.metaKey || event.altKey || !item) return;
    const by = event.key === 'ArrowDown' || event.key === 'j' ? 1 : event.key === 'ArrowUp' || event.key === 'k' ? -1 : 0;
    if (by !== 0) {
      event.preventDefault();
      const next = Math.max(0, Math.min(shown.length - 1, at + by));
      setChosen(shown[next]?.id ?? null);
      document.getElementById(`item-${next}`)?.focus();
    } else if (event.key === 'e' && item.waits && !event.repeat) {
      /* A key that is held down signs one, and not what comes up after it unread. */
      done(item);
    } else if (event.key === 'o' && item.patientId) {
      go(chartPath(item.patientId));
    }
  }

  return (
    <>
      <Chips
        label={t.inbox.show}
        name="kind"
        value={kind}
        options={[{ value: 'all' as const, text: `${t.timeline.all} ${waiting(items)}` }, ...itemKinds.filter((each) => items.some((one) => one.kind === each)).map((each) => ({ value: each, text: `${t.inbox.kinds[each]} ${countOf(items, each)}` }))]}
        onChange={setKind}
      />
      <div className="inbox">
        <ul className="inbox-list" onKeyDown={onKey}>
          {shown.map((each, index) => (
            <li key={each.id}>
              <button type="button" id={`item-${index}`} className={each.waits ? 'inbox-row' : 'inbox-row inbox-read'} aria-current={index === at ? 'true' : undefined} tabIndex={index === at ? 0 : -1} onClick={() => setChosen(each.id)} onFocus={() => setChosen(each.id)}>
                <Icon name={icons[each.kind]} />
                <span className="inbox-what">
                  <strong>{each.title || t.inbox.kinds[each.kind]}</strong>
                  <span>{[...new Set([each.patient, each.from])].filter(Boolean).join(' · ')}</span>
                </span>
                <span className="inbox-when digits">
                  {each.urgent ? <span className="tag tag-bad">{t.inbox.urgent}</span> : null}
                  {each.due ? <span className={each.due.slice(0, 10) < today() ? 'warn' : 'soft'}>{t.inbox.due(showDate(each.due))}</span> : <span className="soft">{showDate(each.date)}</span>}
                </span>
              </button>
            </li>
          ))}
        </ul>
        {item ? <Detail key={item.id} item={item} me={session.reference ?? ''} onDone={() => done(item)} /> : null}
      </div>
      <p className="find-keys">{t.inbox.keys}</p>
    </>
  );
}

function Detail({ item, me, onDone }: { item: Item; me: string; onDone: () => void }) {
  const t = useText();
  return (
    <section className="panel inbox-detail" aria-label={item.title}>
      <header className="panel-head">
        <h2>{item.title || t.inbox.kinds[item.kind]}</h2>
      </header>
      <div className="panel-body">
        <p className="soft">{[item.from === item.patient ? '' : item.from, showDateTime(item.date)].filter(Boolean).join(' · ')}</p>
        {item.patientId ? (
          <p>
            <Link href={chartPath(item.patientId)}>{item.patient || t.calendar.chart}</Link>
          </p>
        ) : null}
        {item.resource.resourceType === 'DiagnosticReport' ? <Values report={item.id} /> : null}
        {item.kind === 'message' ? <ThreadView id={item.id.slice('Communication/'.length)} me={me} reads={false} /> : item.text ? <p className="said">{item.text}</p> : null}
        <div className="rows-end">
          {item.waits ? (
            <Button kind="primary" icon={<Icon name="check" size={18} />} onClick={onDone}>
              {t.inbox.act[item.kind]}
            </Button>
          ) : null}
        </div>
        {isWish(item) ? <Refuse item={item} /> : null}
        {item.resource.resourceType === 'Task' && !isWish(item) ? <Later task={item.resource} /> : null}
      </div>
    </section>
  );
}

/* What is to be signed: each value, and whether it lies outside of its limits. */
function Values({ report }: { report: string }) {
  const t = useText();
  const { language } = useSpeech();
  const query = useResultsOf(report);
  return (
    <Show query={query} rows={4}>
      {(observations) => (
        <ul className="values">
          {seriesOf(observations, t, language).map((each) => (
            <li key={each.key}>
              <span>{each.name}</span>
              <span className="digits">
                <FlagMark flag={worstFlag(each.measures[0])} />{' '}
                <strong className={worstFlag(each.measures[0]) ? 'flagged' : ''}>{each.measures[0] ? measureText(each.measures[0]) : ''}</strong> <span className="unit">{each.unit}</span>
              </span>
              <span className="digits soft">{each.measures[0]?.values[0]?.range}</span>
            </li>
          ))}
        </ul>
      )}
    </Show>
  );
}

/* No, with a reason: it goes to who asked as a message. */
function Refuse({ item }: { item: Item }) {
  const t = useText();
  const [open, setOpen] = useState(false);
  const [note, setNote] = useState('');
  if (!open) {
    return (
      <Button kind="plain" onClick={() => setOpen(true)}>
        {t.renewal.refuse}
      </Button>
    );
  }
  const run = () =>
    void act(`${item.id}/$claim`)
      .catch(() => null)
      .then(() => act(`${item.id}/$finish`, { outcome: 'rejected', note: note.trim() }))
      .then(
        () => {
          inboxChanged();
          say({ text: t.renewal.refusedNow });
        },
        () => say({ text: t.app.notDone, tone: 'bad' }),
      );
  return (
    <form
      className="reply"
      onSubmit={(event) => {
        event.preventDefault();
        if (note.trim() !== '') run();
      }}
    >
      <AreaField label={t.renewal.why} value={note} onChange={setNote} help={t.renewal.whyHelp} />
      <div className="rows-end">
        <Button submit disabled={note.trim() === ''}>
          {t.renewal.refuse}
        </Button>
      </div>
    </form>
  );
}

/* A task that is for another day. */
function Later({ task }: { task: Task }) {
  const t = useText();
  const put = (value: string) =>
    void patch(`Task/${task.id}`, [{ op: 'add', path: '/restriction', value: { ...task.restriction, period: { ...task.restriction?.period, end: value } } }]).then(inboxChanged, () =>
      say({ text: t.app.notDone, tone: 'bad' }),
    );
  return (
    <div className="later">
      <DateField label={t.inbox.later} value={task.restriction?.period?.end?.slice(0, 10) ?? ''} onChange={(day) => day && put(day)} />
    </div>
  );
}
