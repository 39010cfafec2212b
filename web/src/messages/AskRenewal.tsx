/* Beside a medicine, for who takes it: asked again with one press, and what became of it. */
import type { MedicationRequest, Task } from 'fhir/r4';
import { useState, useSyncExternalStore } from 'react';
import { nameOfMedicine } from '../chart/Medicines';
import { useText } from '../i18n';
import { showDate } from '../i18n/format';
import { Button, Icon, say } from '../ui';
import { askRenewal } from './renewal';

/* Known for as long as the page lives. */
let absent = false;
const listeners = new Set<() => void>();
const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export function AskRenewal({ order, wish }: { order: MedicationRequest; wish: Task | null }) {
  const t = useText();
  const gone = useSyncExternalStore(subscribe, () => absent);
  const [asked, setAsked] = useState(false);
  const [busy, setBusy] = useState(false);
  const name = nameOfMedicine(order) ?? t.chart.noText;
  const open = wish && !['completed', 'rejected', 'cancelled', 'failed', 'entered-in-error'].includes(wish.status);
  if (asked || open) {
    return (
      <span className="tag">
        {t.renewal.asked} {wish ? showDate(wish.authoredOn) : ''}
      </span>
    );
  }
  if (gone) return null;
  const run = async () => {
    setBusy(true);
    const became = await askRenewal(order.id ?? '', '');
    setBusy(false);
    if (became === 'asked') {
      setAsked(true);
      say({ text: t.renewal.done(name) });
      return;
    }
    if (became === 'absent') {
      absent = true;
      for (const listener of [...listeners]) listener();
    }
    say({ text: became === 'failed' ? t.app.notDone : became === 'absent' ? t.renewal.absent : t.renewal.refused, tone: 'bad' });
  };
  return (
    <>
      {wish?.status === 'rejected' ? <span className="line-more soft">{t.renewal.rejected(wish.note?.at(-1)?.text ?? '')}</span> : null}
      <Button busy={busy} icon={<Icon name="repeat" size={18} />} label={`${t.renewal.ask}: ${name}`} onClick={() => void run()}>
        {t.renewal.ask}
      </Button>
    </>
  );
}
