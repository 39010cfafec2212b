/* A consultation: what was before on the left, the note in the middle, what is ordered on the
 * right. The note is kept while it is typed and locked by its signature. */
import { useEffect, useRef, useState, type KeyboardEvent } from 'react';
import { seesPart } from '../app/places';
import { chartPath, consultPath, go } from '../app/router';
import { Link } from '../app/Link';
import type { Session } from '../app/session';
import { Banner } from '../chart/Banner';
import { Contacts, LastResults, LastVitals, Problems } from '../chart/Summary';
import { usePatient } from '../chart/data';
import { useOwnPlace } from '../care/own';
import { nameText } from '../fhir/read';
import { Failure } from '../fhir/failure';
import { useSpeech, useText } from '../i18n';
import { noteOpened } from '../patients/recent';
import { AreaField, Button, ChoiceMenu, FailureNote, Icon, Loading, Panel, say, Show } from '../ui';
import { useBlocks, type Block } from './blocks';
import { Current } from './Current';
import { useDraft, useJoinedDraft, type Draft } from './draft';
import { addToNote, appendsTo, compositionOf, isEmpty, isSigned, notesChanged, parseNote, parts, signNote, useNote, useNotes, type NoteText, type Part } from './note';
import { NoteView } from './NoteView';
import { NotePart } from './NotePart';
import { PdfButton } from './PdfButton';
import { Prescribe } from './Prescribe';
import { filledNote } from './templates';

interface Props {
  patientId: string;
  noteId: string | null;
  session: Session;
}

export default function ConsultPage({ patientId, noteId, session }: Props) {
  const t = useText();
  const query = usePatient(patientId);
  const patient = query.state === 'ready' ? query.data : null;
  useEffect(() => {
    if (!patient) return;
    noteOpened(patient);
    document.title = `${nameText(patient.name, t)} – ${t.consult.title} – Aceso`;
  }, [patient, t]);
  if (query.state === 'loading') return <Loading rows={6} />;
  if (query.state === 'failed') {
    return (
      <div className="page">
        <h1 className="hidden">{t.consult.title}</h1>
        <FailureNote failure={query.failure} retry={query.retry} />
      </div>
    );
  }
  const requester = { reference: session.reference ?? '', display: session.display };
  return (
    <div className="chart consult">
      <div className="chart-top">
        <Banner patient={query.data} patientId={patientId} />
      </div>
      <div className="panes">
        <section className="pane pane-history" aria-label={t.consult.history}>
          <Problems patientId={patientId} />
          <Contacts patientId={patientId} />
          {seesPart(session, 'vitals') ? <LastVitals patientId={patientId} /> : null}
          {seesPart(session, 'results') ? <LastResults patientId={patientId} /> : null}
        </section>
        <div className="pane pane-note">{noteId ? <Signed patientId={patientId} noteId={noteId} /> : <Writing patientId={patientId} session={session} />}</div>
        <section className="pane pane-orders" aria-label={t.consult.orders}>
          <Panel title={t.prescribe.title}>
            <Prescribe patientId={patientId} requester={requester} />
          </Panel>
          <Current patientId={patientId} />
          <PdfButton path={`Patient/${patientId}/$prescription-pdf`} none={t.prescribe.noneToday}>{t.prescribe.paper}</PdfButton>
          <Link className="button-link" href={chartPath(patientId)}>
            {t.consult.toChart}
          </Link>
        </section>
      </div>
    </div>
  );
}

function Writing({ patientId, session }: { patientId: string; session: Session }) {
  const { t, language } = useSpeech();
  const draft = useDraft(`note Patient/${patientId}`);
  const blocks = useBlocks(session.reference ?? '', useOwnPlace(session.reference)?.organization ?? '');
  const templates = blocks.filter((each) => each.note);
  const latest = useRef(draft.text);
  latest.current = draft.text;
  const [busy, setBusy] = useState(false);
  const attempt = useRef({ text: '', uuid: '' });
  const note = parseNote(draft.text);
  const write = (part: Part, text: string) => draft.set(JSON.stringify({ ...note, [part]: text }));

  /* What stands there stays, and the template comes below it. */
  async function begin(block: Block, without: Partial<NoteText> = {}) {
    draft.set(JSON.stringify({ ...note, ...without }));
    const filled = await filledNote(block.note ?? {}, patientId, language);
    const now = parseNote(latest.current);
    const both = Object.fromEntries(parts.map((part) => [part, [now[part].trimEnd(), filled[part] ?? ''].filter(Boolean).join('\n')]));
    draft.set(JSON.stringify(both));
  }

  /* The same words are the same note, however often they are sent. */
  function uuidOf(text: string): string {
    if (attempt.current.text !== text) attempt.current = { text, uuid: crypto.randomUUID() };
    return attempt.current.uuid;
  }

  async function sign() {
    if (busy || isEmpty(note)) return;
    setBusy(true);
    try {
      const id = await signNote(compositionOf(note, uuidOf(draft.text), patientId, session, t.consult.parts, t.consult.title));
      await draft.drop();
      notesChanged(patientId);
      say({ text: t.consult.signed });
      go(consultPath(patientId, id));
    } catch (error) {
      const { kind } = Failure.from(error);
      say({ text: kind === 'offline' ? t.consult.notSignedOffline : kind === 'forbidden' ? t.failures.forbiddenHelp : t.consult.notSigned, tone: 'bad' });
    } finally {
      setBusy(false);
    }
  }

  function onKey(event: KeyboardEvent) {
    if (!event.ctrlKey && !event.metaKey) return;
    if (event.key === 'Enter') {
      event.preventDefault();
      void sign();
    } else if (event.key.toLowerCase() === 's') {
      event.preventDefault();
      draft.saveNow();
    }
  }

  return (
    <section className="panel note-sheet" aria-label={t.consult.title} onKeyDown={onKey}>
      <header className="panel-head">
        <h2>{t.consult.title}</h2>
        {templates.length > 0 && draft.state !== 'loading' && draft.state !== 'conflict' ? (
          <ChoiceMenu
            label={t.consult.templates}
            button={
              <button type="button" className="text-button no-print">
                {t.consult.templates} <Icon name="chevron" size={16} />
              </button>
            }
            choices={templates.map((each) => ({ key: each.id, label: each.word, onChoose: () => void begin(each) }))}
          />
        ) : null}
        <Kept draft={draft} />
      </header>
      {draft.state === 'loading' ? (
        <Loading rows={8} />
      ) : draft.state === 'conflict' ? (
        <Conflict draft={draft} />
      ) : (
        <div className="note-parts">
          {parts.map((part, at) => (
            <NotePart key={part} label={t.consult.parts[part]} value={note[part]} blocks={blocks} who={session.reference ?? ''} patientId={patientId} rows={at === 0 ? 5 : 3} autoFocus={at === 0} readOnly={busy} onChange={(text) => write(part, text)} onTemplate={(block, value) => void begin(block, { [part]: value })} />
          ))}
        </div>
      )}
      <footer className="note-foot no-print">
        <Button kind="primary" busy={busy} disabled={isEmpty(note) || draft.state === 'conflict'} icon={<Icon name="pen" size={18} />} onClick={() => void sign()}>
          {t.consult.sign}
        </Button>
        <span className="field-help">{t.consult.keys}</span>
      </footer>
    </section>
  );
}

function Kept({ draft }: { draft: Draft }) {
  const t = useText();
  const words = { loading: '', saved: draft.text ? t.consult.saved : '', typing: t.consult.typing, saving: t.consult.typing, offline: t.consult.unsaved, conflict: t.consult.conflict };
  return (
    <p role="status" className={`kept kept-${draft.state}`}>
      {words[draft.state]}
    </p>
  );
}

/* Both texts stand; nothing is thrown away before somebody has chosen. */
function Conflict({ draft }: { draft: Draft }) {
  const t = useText();
  const theirs = draft.theirs ?? '';
  const mine = parseNote(draft.text);
  const other = parseNote(theirs);
  const both = Object.fromEntries(parts.map((part) => [part, mine[part] === other[part] ? mine[part] : [mine[part], other[part]].filter(Boolean).join('\n\n')])) as NoteText;
  return (
    <div className="conflict">
      <p role="alert">{t.consult.conflictHelp}</p>
      <div className="conflict-sides">
        <Side title={t.consult.mine} note={mine} />
        <Side title={t.consult.theirs} note={other} />
      </div>
      <div className="rows-end">
        <Button kind="primary" onClick={() => draft.settle(JSON.stringify(both))}>
          {t.consult.keepBoth}
        </Button>
        <Button onClick={() => draft.settle(draft.text)}>{t.consult.keepMine}</Button>
        <Button onClick={() => draft.settle(theirs)}>{t.consult.keepTheirs}</Button>
      </div>
    </div>
  );
}

function Side({ title, note }: { title: string; note: NoteText }) {
  const t = useText();
  return (
    <section aria-label={title}>
      <h3>{title}</h3>
      {parts
        .filter((part) => note[part] !== '')
        .map((part) => (
          <div key={part}>
            <h4>{t.consult.parts[part]}</h4>
            <p className="said">{note[part]}</p>
          </div>
        ))}
    </section>
  );
}

function Signed({ patientId, noteId }: { patientId: string; noteId: string }) {
  const t = useText();
  const query = useNote(patientId, noteId);
  const notes = useNotes(patientId);
  const addenda = notes.state === 'ready' ? notes.data.filter((each) => appendsTo(each) === noteId).reverse() : [];
  const draft = useJoinedDraft(`addendum Composition/${noteId}`);
  const [busy, setBusy] = useState(false);
  const add = async () => {
    setBusy(true);
    try {
      await addToNote(noteId, t.consult.addendumTitle, draft.text);
      await draft.drop();
      notesChanged(patientId);
      say({ text: t.consult.added });
    } catch {
      say({ text: t.app.notDone, tone: 'bad' });
    } finally {
      setBusy(false);
    }
  };
  return (
    <Show query={query} rows={8}>
      {(note) => (
        <>
          <NoteView note={note} addenda={addenda} />
          <PdfButton path={`Composition/${noteId}/$pdf`}>{t.consult.paper}</PdfButton>
          {isSigned(note) ? (
            <Panel title={t.consult.addendum} className="no-print">
              <AreaField label={t.consult.addendumText} value={draft.text} onChange={draft.set} readOnly={busy || draft.state === 'loading'} />
              <div className="rows-end">
                <Kept draft={draft} />
                <Button busy={busy} disabled={draft.text.trim() === ''} onClick={() => void add()}>
                  {t.consult.add}
                </Button>
                <Button kind="plain" onClick={() => go(consultPath(patientId))}>
                  {t.consult.another}
                </Button>
              </div>
            </Panel>
          ) : null}
        </>
      )}
    </Show>
  );
}
