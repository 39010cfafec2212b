import type { Attachment, DocumentReference } from 'fhir/r4';
import { useState } from 'react';
import { hasCode, wordsOf } from '../fhir/read';
import { useText } from '../i18n';
import { showDate } from '../i18n/format';
import { Button, Note, Panel, Show, Table } from '../ui';
import { hasContent, kindOf } from './content';
import { Who } from '../people/Who';
import { useDocuments } from './data';
import { Reader, type Opened } from './Reader';
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
  const type = wordsOf(document.context?.event?.[0]) ?? wordsOf(document.type);
  const attachments = contentsOf(document);
  return (
    <tr>
      <td className="digits">{showDate(document.date) || t.chart.noDate}</td>
      <th scope="row">
        {name}
        {document.status === 'superseded' ? <span className="tag">{t.documents.replaced}</span> : null}
        {type && type !== name ? <span className="line-more soft">{type}</span> : null}
      </th>
      <td>
        <Who reference={document.author?.[0]} />
      </td>
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
