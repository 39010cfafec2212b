/* A conversation, the oldest first, and the answer below it. What is typed is a draft of the
 * server until it is sent. */
import { useEffect, useRef } from 'react';
import { useJoinedDraft, type Draft } from '../consult/draft';
import { Failure } from '../fhir/failure';
import { useText } from '../i18n';
import type { Messages } from '../i18n/fr';
import { showDateTime } from '../i18n/format';
import { AreaField, Button, Icon, say, Show } from '../ui';
import { markRead, send, useThread, type Message } from './data';

export function sendWords(error: unknown, t: Messages): string {
  const { kind } = Failure.from(error);
  return kind === 'forbidden' ? t.messages.mayNot : kind === 'offline' ? t.messages.offline : t.messages.notSent;
}

export function DraftSays({ draft }: { draft: Draft }) {
  const t = useText();
  const words = { loading: '', saved: draft.text ? t.forms.kept : '', typing: t.forms.keeping, saving: t.forms.keeping, offline: t.forms.notKept, conflict: t.messages.twoWindows };
  return (
    <span className={`kept kept-${draft.state}`} role="status">
      {words[draft.state]}
    </span>
  );
}

export function ThreadView({ id, me, reads }: { id: string; me: string; reads: boolean }) {
  const query = useThread(id);
  const messages = query.state === 'ready' ? query.data.messages : null;
  useEffect(() => {
    if (reads && messages) void markRead(messages);
  }, [reads, messages]);
  return (
    <Show query={query} rows={5}>
      {(thread) => (
        <>
          <ol className="thread">
            {thread.messages.map((each) => (
              <Bubble key={each.id} message={each} own={each.fromReference === me} />
            ))}
          </ol>
          <Reply thread={id} answerTo={thread.answerTo} all={thread.messages} last={thread.messages.filter((each) => each.fromReference !== me).at(-1)} />
        </>
      )}
    </Show>
  );
}

function Bubble({ message, own }: { message: Message; own: boolean }) {
  const t = useText();
  const place = useRef<HTMLLIElement>(null);
  return (
    <li ref={place} className={own ? 'bubble bubble-own' : 'bubble'}>
      <p className="bubble-head">
        <strong>{own ? t.messages.me : message.from || t.messages.somebody}</strong> <span className="digits">{showDateTime(message.sent)}</span>
        {message.unread ? <span className="tag tag-warn">{t.messages.isNew}</span> : null}
      </p>
      <p className="said">{message.text}</p>
    </li>
  );
}

function Reply({ thread, answerTo, all, last }: { thread: string; answerTo: string; all: Message[]; last: Message | undefined }) {
  const t = useText();
  const draft = useJoinedDraft(`message ${thread}`);
  const busy = useRef(false);
  /* To who wrote last, else to whom one wrote oneself. */
  const run = async () => {
    if (busy.current || draft.text.trim() === '') return;
    busy.current = true;
    try {
      await send({ text: draft.text.trim(), to: last ? [last.fromReference] : [], answers: last?.id ?? answerTo });
      await draft.drop();
      /* Who answers has read. */
      await markRead(all);
      say({ text: t.inbox.sent });
    } catch (error) {
      say({ text: sendWords(error, t), tone: 'bad' });
    } finally {
      busy.current = false;
    }
  };
  if (!last) return <p className="soft">{t.messages.waiting}</p>;
  return (
    <form
      className="reply no-print"
      onSubmit={(event) => {
        event.preventDefault();
        void run();
      }}
    >
      <AreaField label={t.inbox.reply(last.from || t.messages.somebody)} value={draft.text} onChange={draft.set} readOnly={draft.state === 'loading'} />
      <div className="rows-end">
        <Button kind="primary" submit disabled={draft.text.trim() === ''} icon={<Icon name="mail" size={18} />}>
          {t.inbox.send}
        </Button>
        <DraftSays draft={draft} />
      </div>
    </form>
  );
}
