/* Staff write: to a colleague, perhaps about a patient, or to a patient himself. */
import type { Patient } from 'fhir/r4';
import { useState } from 'react';
import type { Session } from '../app/session';
import { nameText } from '../fhir/read';
import { useText } from '../i18n';
import { PickPatient } from '../patients/PickPatient';
import { AreaField, Button, Chips, Icon, InputField, say, SelectField, Show } from '../ui';
import { send, useColleagues } from './data';
import { useJoinedDraft } from '../consult/draft';
import { DraftSays, sendWords } from './Thread';

export function Compose({ session, onClose }: { session: Session; onClose: () => void }) {
  const t = useText();
  const [whom, setWhom] = useState<'colleague' | 'patient'>('colleague');
  const [to, setTo] = useState('');
  const [patient, setPatient] = useState<Patient | null>(null);
  const [topic, setTopic] = useState('');
  const [busy, setBusy] = useState(false);
  const colleagues = useColleagues(session.reference);
  const draft = useJoinedDraft('message new');
  const ready = draft.text.trim() !== '' && (whom === 'colleague' ? to !== '' : patient !== null);

  async function run() {
    if (!ready || busy) return;
    setBusy(true);
    const about = patient ? `Patient/${patient.id}` : undefined;
    try {
      await send({ text: draft.text.trim(), to: [whom === 'patient' ? (about ?? '') : to], about, topic: topic.trim() || undefined });
      await draft.drop();
      say({ text: t.inbox.sent });
      onClose();
    } catch (error) {
      say({ text: sendWords(error, t), tone: 'bad' });
      setBusy(false);
    }
  }

  return (
    <section className="panel compose" aria-label={t.messages.write}>
      <header className="panel-head">
        <h2>{t.messages.write}</h2>
        <Button kind="plain" onClick={onClose}>
          {t.app.close}
        </Button>
      </header>
      <form
        className="panel-body letter-form"
        onSubmit={(event) => {
          event.preventDefault();
          void run();
        }}
      >
        <Chips
          label={t.messages.to}
          name="whom"
          value={whom}
          options={[
            { value: 'colleague' as const, text: t.messages.colleague },
            { value: 'patient' as const, text: t.messages.patient },
          ]}
          onChange={setWhom}
        />
        {whom === 'colleague' ? (
          <Show query={colleagues} rows={1}>
            {(all) => <SelectField label={t.messages.to} value={to} onChange={setTo} options={[{ value: '', text: '–' }, ...all.map((each) => ({ value: each.reference, text: each.name }))]} />}
          </Show>
        ) : null}
        {patient ? (
          <p className="chosen-patient">
            <span>
              {whom === 'patient' ? t.messages.to : t.messages.about}: <strong>{nameText(patient.name, t)}</strong>
            </span>
            <Button kind="plain" onClick={() => setPatient(null)}>
              {t.messages.another}
            </Button>
          </p>
        ) : (
          <PickPatient label={whom === 'patient' ? t.messages.toPatient : t.messages.aboutPatient} onPick={setPatient} calm={whom === 'colleague'} />
        )}
        {whom === 'patient' ? <p className="field-help">{t.messages.patientReads}</p> : null}
        <InputField label={t.messages.topic} value={topic} onChange={setTopic} autoComplete="off" />
        <AreaField label={t.messages.text} rows={5} value={draft.text} onChange={draft.set} readOnly={draft.state === 'loading'} />
        <div className="rows-end">
          <Button kind="primary" submit busy={busy} disabled={!ready} icon={<Icon name="mail" size={18} />}>
            {t.inbox.send}
          </Button>
          <DraftSays draft={draft} />
        </div>
      </form>
    </section>
  );
}
