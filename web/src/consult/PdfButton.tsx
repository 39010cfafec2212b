/* A paper that the server makes, in the language of the screen, opened in a tab of its own. */
import { useState, type ReactNode } from 'react';
import { ask } from '../fhir/client';
import { Failure } from '../fhir/failure';
import { useSpeech } from '../i18n';
import { Button, Icon, say } from '../ui';

const keptMs = 60_000;

/* none: what is said when there is nothing to put on it. */
export function PdfButton({ path, none, children }: { path: string; none?: string; children: ReactNode }) {
  const { t, language } = useSpeech();
  const [busy, setBusy] = useState(false);
  async function open() {
    setBusy(true);
    try {
      const response = await ask(`${path}?language=${language}`, 'application/pdf', new AbortController().signal);
      const url = URL.createObjectURL(new Blob([await response.arrayBuffer()], { type: 'application/pdf' }));
      window.open(url, '_blank', 'noopener');
      window.setTimeout(() => URL.revokeObjectURL(url), keptMs);
    } catch (error) {
      const nothing = none !== undefined && Failure.from(error).kind === 'notFound';
      say(nothing ? { text: none } : { text: t.consult.noPaper, tone: 'bad' });
    } finally {
      setBusy(false);
    }
  }
  return (
    <span className="no-print">
      <Button busy={busy} icon={<Icon name="print" size={18} />} onClick={() => void open()}>
        {children}
      </Button>
    </span>
  );
}
