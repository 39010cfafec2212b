/* What the patient takes now, where it can be written again or stopped with a reason. */
import type { MedicationRequest } from 'fhir/r4';
import { useState } from 'react';
import { useActiveMedicines } from '../chart/data';
import { MedicineLine, nameOfMedicine, newestFirst } from '../chart/Medicines';
import { act } from '../fhir/client';
import { useText } from '../i18n';
import { Button, ChoiceMenu, Icon, InputField, Note, Panel, say, Show } from '../ui';
import { medicinesChanged } from './Prescribe';

export function Current({ patientId }: { patientId: string }) {
  const t = useText();
  const query = useActiveMedicines(patientId);
  return (
    <Panel title={t.medicines.title} count={query.state === 'ready' ? query.data.items.length : undefined}>
      <Show query={query}>
        {(page) =>
          page.items.length === 0 ? (
            <Note title={t.medicines.noneActive} />
          ) : (
            <ul className="lines">
              {newestFirst(page.items).map((each) => (
                <Row key={each.id} order={each} patientId={patientId} />
              ))}
            </ul>
          )
        }
      </Show>
    </Panel>
  );
}

function Row({ order, patientId }: { order: MedicationRequest; patientId: string }) {
  const t = useText();
  const [stopping, setStopping] = useState(false);
  const [reason, setReason] = useState('');
  const name = nameOfMedicine(order) ?? t.chart.noText;
  const run = (what: string, given: Record<string, string>, said: string) =>
    void act(`MedicationRequest/${order.id}/${what}`, given).then(
      () => {
        medicinesChanged(patientId);
        say({ text: said });
      },
      () => say({ text: t.app.notDone, tone: 'bad' }),
    );
  return (
    <li className="order">
      <ul>
        <MedicineLine order={order} />
      </ul>
      <ChoiceMenu
        label={`${t.prescribe.more}: ${name}`}
        button={
          <button type="button" className="icon-button" aria-label={`${t.prescribe.more}: ${name}`}>
            <Icon name="chevron" size={18} />
          </button>
        }
        choices={[
          { key: 'renew', label: t.inbox.act.renewal, onChoose: () => run('$renew', {}, t.prescribe.renewed(name)) },
          { key: 'stop', label: t.prescribe.stop, onChoose: () => setStopping(true) },
        ]}
      />
      {stopping ? (
        <form
          className="order-stop"
          onSubmit={(event) => {
            event.preventDefault();
            if (reason.trim() !== '') run('$stop', { reason: reason.trim() }, t.prescribe.stopped(name));
          }}
        >
          <InputField label={t.prescribe.why} value={reason} onChange={setReason} />
          <Button submit disabled={reason.trim() === ''}>
            {t.prescribe.stop}
          </Button>
        </form>
      ) : null}
    </li>
  );
}
