/* A document over the page it belongs to, made harmless (content.ts). */
import type { Attachment } from 'fhir/r4';
import { useEffect, useState } from 'react';
import { Failure } from '../fhir/failure';
import { useText } from '../i18n';
import { Dialog, FailureNote, Icon, Loading } from '../ui';
import { readContent, type Content } from './content';

export interface Opened {
  attachment: Attachment;
  name: string;
}

type Reading = { state: 'reading' } | { state: 'read'; content: Content } | { state: 'failed'; failure: Failure };

export function Reader({ opened, onClose }: { opened: Opened; onClose: () => void }) {
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
