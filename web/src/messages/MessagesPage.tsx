/* The patient's letters: conversations, one of them, or a new one. */
import { useEffect, useState } from 'react';
import { Link } from '../app/Link';
import { go } from '../app/router';
import { isPatientSide } from '../app/places';
import type { Session } from '../app/session';
import { useActsFor, type ActsFor } from '../door/family';
import { useLive } from '../fhir/live';
import { useText } from '../i18n';
import { showDateTime } from '../i18n/format';
import { AreaField, Button, Icon, InputField, Loading, Note, Panel, say, SelectField, Show } from '../ui';
import { messagesChanged, send, useCarers, useConversations, useThread, type Addressee } from './data';
import { useJoinedDraft } from '../consult/draft';
import { DraftSays, sendWords, ThreadView } from './Thread';

export default function MessagesPage({ session, threadId }: { session: Session; threadId: string | null }) {
  const t = useText();
  const me = session.reference ?? '';
  const people = useActsFor(session);
  useLive('inbox', messagesChanged);
  useEffect(() => {
    document.title = `${t.places.messages} – Aceso`;
  }, [t]);
  if (!isPatientSide(session) || !me) {
    return (
      <div className="page door">
        <h1>{t.places.messages}</h1>
        <Note icon="lock" title={t.failures.forbidden} />
      </div>
    );
  }
  if (threadId === 'new') return <NewMessage people={people} />;
  if (threadId) return <OneThread key={threadId} id={threadId} me={me} />;
  return <Conversations me={me} people={people} />;
}

function Back() {
  const t = useText();
  return (
    <Link href="/messages" className="back-link">
      <Icon name="left" size={18} /> {t.messages.all}
    </Link>
  );
}

function Conversations({ me, people }: { me: string; people: ActsFor[] }) {
  const t = useText();
  const query = useConversations(me);
  const about = (reference: string) => (reference === me ? '' : (people.find((each) => each.reference === reference)?.name ?? ''));
  return (
    <div className="page door">
      <h1>{t.places.messages}</h1>
      <Button kind="primary" wide icon={<Icon name="pen" size={18} />} onClick={() => go('/messages/new')}>
        {t.messages.write}
      </Button>
      <p className="field-help">{t.messages.notUrgent}</p>
      <Show query={query} rows={5}>
        {(all) =>
          all.length === 0 ? (
            <Note icon="mail" title={t.messages.none}>
              <p>{t.messages.noneHelp}</p>
            </Note>
          ) : (
            <ul className="letters">
              {all.map((each) => (
                <li key={each.id}>
                  <Link href={`/messages/${each.id}`} className={each.unread > 0 ? 'letter letter-new' : 'letter'}>
                    <span className="letter-head">
                      <strong>{each.with || t.messages.somebody}</strong>
                      <span className="digits soft">{showDateTime(each.last.sent)}</span>
                    </span>
                    {about(each.about) ? <span className="soft">{t.messages.forWhom(about(each.about))}</span> : null}
                    {each.topic ? <span>{each.topic}</span> : null}
                    <span className="soft letter-start">
                      {each.last.fromReference === me ? `${t.messages.me} : ` : ''}
                      {each.last.text.slice(0, 120)}
                    </span>
                    {each.unread > 0 ? <span className="tag tag-warn">{t.messages.newCount(each.unread)}</span> : null}
                  </Link>
                </li>
              ))}
            </ul>
          )
        }
      </Show>
    </div>
  );
}

function OneThread({ id, me }: { id: string; me: string }) {
  const t = useText();
  const query = useThread(id);
  const topic = query.state === 'ready' ? query.data.topic : '';
  return (
    <div className="page door">
      <Back />
      <h1>{topic || t.messages.conversation}</h1>
      <ThreadView id={id} me={me} reads />
    </div>
  );
}

function NewMessage({ people }: { people: ActsFor[] }) {
  const t = useText();
  const [chosen, setChosen] = useState('');
  const whom = chosen || people[0]?.reference || '';
  return (
    <div className="page door">
      <Back />
      <h1>{t.messages.write}</h1>
      {people.length > 1 ? <SelectField label={t.visits.forWhom} value={whom} onChange={setChosen} options={people.map((each) => ({ value: each.reference, text: each.name }))} /> : null}
      {whom ? <Carers key={whom} about={whom} /> : <Loading rows={5} />}
    </div>
  );
}

function Carers({ about }: { about: string }) {
  const t = useText();
  const query = useCarers(about.slice('Patient/'.length));
  return (
    <Show query={query} rows={5}>
      {(carers) =>
        carers.length === 0 ? (
          <Note icon="people" title={t.messages.nobody}>
            <p>{t.messages.nobodyHelp}</p>
          </Note>
        ) : (
          <Letter about={about} carers={carers} />
        )
      }
    </Show>
  );
}

function Letter({ about, carers }: { about: string; carers: Addressee[] }) {
  const t = useText();
  const [to, setTo] = useState(carers[0]?.reference ?? '');
  const [topic, setTopic] = useState('');
  const [busy, setBusy] = useState(false);
  const draft = useJoinedDraft('message new');
  const run = async () => {
    if (draft.text.trim() === '' || busy) return;
    setBusy(true);
    try {
      const id = await send({ text: draft.text.trim(), to: [to], about, topic: topic.trim() || undefined });
      await draft.drop();
      say({ text: t.inbox.sent });
      go(id ? `/messages/${id}` : '/messages');
    } catch (error) {
      say({ text: sendWords(error, t), tone: 'bad' });
      setBusy(false);
    }
  };
  return (
    <Panel title={t.messages.yourMessage}>
      <form
        className="letter-form"
        onSubmit={(event) => {
          event.preventDefault();
          void run();
        }}
      >
        <SelectField label={t.messages.to} value={to} onChange={setTo} options={carers.map((each) => ({ value: each.reference, text: each.name }))} />
        <InputField label={t.messages.topic} value={topic} onChange={setTopic} autoComplete="off" />
        <AreaField label={t.messages.text} rows={6} value={draft.text} onChange={draft.set} readOnly={draft.state === 'loading'} />
        <p className="field-help">{t.messages.notUrgent}</p>
        <div className="rows-end">
          <Button kind="primary" submit busy={busy} disabled={draft.text.trim() === ''} icon={<Icon name="mail" size={18} />}>
            {t.inbox.send}
          </Button>
          <DraftSays draft={draft} />
        </div>
      </form>
    </Panel>
  );
}
