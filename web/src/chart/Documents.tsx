import type { Attachment, DocumentReference } from 'fhir/r4';
import { useEffect, useState } from 'react';
import { Failure } from '../fhir/failure';
import { displayOf, hasCode, wordsOf } from '../fhir/read';
import { useText } from '../i18n';
import { showDate } from '../i18n/format';
import { Button, Dialog, FailureNote, Icon, Loading, Note, Panel, Show, Table } from '../ui';
import { hasContent, kindOf, readContent, type Content } from './content';
import { useDocuments } from './data';
import { SendDocument } from './SendDocument';
import { isClinical } from '../app/places';
import type { Session } from '../app/session';

function contentsOf(document: DocumentReference): Attachment[] {
  const contents = (document.content as DocumentReference['content'] | undefined) ?? [];
  return contents.map((each) => each.attachment).filter(hasContent);
}

function nameOfDocument(document: DocumentReference, fallback: string): string {
  return document.description ?? contentsOf(document)[0]?.title ?? wordsOf(document.type) ?? fallback;
}

interface Opened {
  attachment: Attachment;
  name: string;
}

export function Documents({ patientId, session }: { patientId: string; session: Session }) {
  const t = useText();
  const query = useDocuments(patientId);
  const [opened, setOpened] = useState<Opened | null>(null);
  return (
    <Panel title={t.documents.title} count={query.state === 'ready' ? query.data.items.length : undefined}>
      {isClinical(session) ? <SendDocument patientId={patientId} session={session} /> : null}
      <Show query={query} rows={6}>
        {(page) => {
          const documents = page.items.filter((each) => each.status !== 'entered-in-error' && !hasCode({ coding: [{ code: each.docStatus ?? '' }] }, 'entered-in-error'));
          if (documents.length === 0) return <Note title={t.documents.none} />;
          return (
            <>
              <Table
                title={t.documents.title}
                className="table-tall table-stack"
                heads={[t.documents.date, t.documents.name, t.documents.author, <span className="hidden">{t.documents.open}</span>]}
              >
                {documents.map((each) => (
                  <DocumentRow key={each.id} document={each} onOpen={setOpened} />
                ))}
              </Table>
              {page.next ? <p className="soft">{t.chart.partial}</p> : null}
            </>
          );
        }}
      </Show>
      {opened ? <Reader opened={opened} onClose={() => setOpened(null)} /> : null}
    </Panel>
  );
}

function DocumentRow({ document, onOpen }: { document: DocumentReference; onOpen: (opened: Opened) => void }) {
  const t = useText();
  const name = nameOfDocument(document, t.chart.noText);
  const type = wordsOf(document.type);
  const attachments = contentsOf(document);
  return (
    <tr>
      <td className="digits">{showDate(document.date) || t.chart.noDate}</td>
      <th scope="row">
        {name}
        {document.status === 'superseded' ? <span className="tag">{t.documents.replaced}</span> : null}
        {type && type !== name ? <span className="line-more soft">{type}</span> : null}
      </th>
      <td>{displayOf(document.author?.[0]) ?? ''}</td>
      <td className="cell-action">
        {attachments.length === 0 ? <span className="soft">{t.documents.noContent}</span> : null}
        {attachments.map((attachment, at) => (
          <Button key={at} label={`${t.documents.open} · ${t.documents[kindOf(attachment)]}: ${name}`} onClick={() => onOpen({ attachment, name })}>
            {t.documents.open} · {t.documents[kindOf(attachment)]}
          </Button>
        ))}
      </td>
    </tr>
  );
}

type Reading = { state: 'reading' } | { state: 'read'; content: Content } | { state: 'failed'; failure: Failure };

function Reader({ opened, onClose }: { opened: Opened; onClose: () => void }) {
  const t = useText();
  const [reading, setReading] = useState<Reading>({ state: 'reading' });
  const [attempt, setAttempt] = useState(0);

  useEffect(() => {
    const control = new AbortController();
    let url: string | null = null;
    setReading({ state: 'reading' });
    readContent(opened.attachment, opened.name, control.signal).then(
      (content) => {
        if ('url' in content) url = content.url;
        if (control.signal.aborted) {
          if (url) URL.revokeObjectURL(url);
        } else {
          setReading({ state: 'read', content });
        }
      },
      (error: unknown) => {
        if (!control.signal.aborted) setReading({ state: 'failed', failure: Failure.from(error) });
      },
    );
    return () => {
      control.abort();
      /* A tab that was just opened needs a moment to read it. */
      const gone = url;
      if (gone) window.setTimeout(() => URL.revokeObjectURL(gone), 60_000);
    };
  }, [opened, attempt]);

  return (
    <Dialog title={opened.name} opened onClose={onClose} closeLabel={t.app.close} size="52rem" className="reader">
      {reading.state === 'reading' ? <Loading rows={5} /> : null}
      {reading.state === 'failed' ? <FailureNote failure={reading.failure} retry={() => setAttempt((count) => count + 1)} /> : null}
      {reading.state === 'read' ? <Shown content={reading.content} name={opened.name} /> : null}
    </Dialog>
  );
}

function Shown({ content, name }: { content: Content; name: string }) {
  const t = useText();
  if (content.kind === 'text') return <pre className="document-text" tabIndex={0}>{content.text}</pre>;
  return (
    <div className="document-file">
      {content.kind === 'image' ? <img src={content.url} alt={name} /> : null}
      {content.kind === 'file' ? <p>{t.documents.cannotShow}</p> : null}
      <p className="document-links">
        {content.kind === 'pdf' ? (
          <a className="button-link" href={content.url} target="_blank" rel="noopener noreferrer">
            <Icon name="document" /> {t.documents.open} <span className="soft">({t.documents.newTab})</span>
          </a>
        ) : null}
        <a className="button-link" href={content.url} download={content.fileName}>
          <Icon name="download" /> {t.documents.download}
        </a>
      </p>
    </div>
  );
}
