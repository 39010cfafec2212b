/* Prescribing in one line: while it is typed the server says how it reads it; Enter prescribes
 * what was read, and that can be taken back. */
import type { FhirResource, MedicationRequest, ParametersParameter } from 'fhir/r4';
import { useEffect, useState } from 'react';
import { nameOfMedicine } from '../chart/Medicines';
import { create, readJson, remove } from '../fhir/client';
import { Failure } from '../fhir/failure';
import { refresh } from '../fhir/query';
import { useSpeech } from '../i18n';
import { Icon, InputField, say } from '../ui';

const pauseMs = 200;

interface Parsed {
  text: string;
  order: MedicationRequest | null;
  /* The dose in the words of the user's language. */
  reads: string;
  missing: string[];
  /* Words that stayed out. */
  unread: string[];
}

const partOf = (parameter: ParametersParameter, name: string) => {
  const part = parameter.part?.find((each) => each.name === name);
  return part?.valueString ?? part?.valueCode ?? '';
};

async function parse(text: string, language: string, patient: string, signal: AbortSignal): Promise<Parsed> {
  const answer = await readJson<FhirResource>(`MedicationRequest/$parse?text=${encodeURIComponent(text)}&language=${language}&patient=${patient}`, signal);
  const list = answer.resourceType === 'Parameters' ? (answer.parameter ?? []) : [];
  const order = list.map((each) => each.resource).find((each): each is MedicationRequest => each?.resourceType === 'MedicationRequest');
  const named = (name: string) => list.filter((each) => each.name === name);
  return {
    text,
    order: order?.medicationCodeableConcept ? order : null,
    reads: named('text').filter((each) => partOf(each, 'language') === language).map((each) => partOf(each, 'content')).join('; '),
    missing: named('missing').map((each) => each.valueCode ?? each.valueString ?? ''),
    unread: named('not-understood').map((each) => partOf(each, 'words')),
  };
}

function useParsed(text: string, language: string, patient: string): { parsed: Parsed | null; failed: boolean } {
  const [parsed, setParsed] = useState<Parsed | null>(null);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    if (text.trim().length < 3) {
      setParsed(null);
      return;
    }
    const control = new AbortController();
    const timer = window.setTimeout(() => {
      parse(text, language, patient, control.signal).then(
        (found) => {
          setParsed(found);
          setFailed(false);
        },
        (error: unknown) => Failure.from(error).kind !== 'aborted' && setFailed(true),
      );
    }, pauseMs);
    return () => {
      window.clearTimeout(timer);
      control.abort();
    };
  }, [text, language, patient]);
  return { parsed, failed };
}

const medicinesChanged = (patientId: string) => refresh((key) => key.startsWith(`${patientId} MedicationRequest`));

export function Prescribe({ patientId, requester }: { patientId: string; requester: { reference: string; display: string } }) {
  const { t, language } = useSpeech();
  const [text, setText] = useState('');
  const [busy, setBusy] = useState(false);
  const { parsed, failed } = useParsed(text, language, `Patient/${patientId}`);
  const order = parsed?.order ?? null;
  const known = (key: string): key is keyof typeof t.prescribe.lacks => key in t.prescribe.lacks;
  const lacks = (parsed?.missing ?? []).map((each) => (known(each) ? t.prescribe.lacks[each] : each)).filter(Boolean);
  const current = parsed?.text === text;

  async function prescribe() {
    if (!order || busy || !current) return;
    setBusy(true);
    try {
      const made = await create<MedicationRequest>({
        ...order,
        status: 'active',
        intent: 'order',
        subject: { reference: `Patient/${patientId}` },
        requester,
        authoredOn: new Date().toISOString(),
      });
      setText('');
      medicinesChanged(patientId);
      const id = made?.id;
      const undo = () =>
        void remove(`MedicationRequest/${id}`).then(
          () => medicinesChanged(patientId),
          () => say({ text: t.app.notDone, tone: 'bad' }),
        );
      say({ text: t.prescribe.done(nameOfMedicine(order) ?? text), ...(id ? { undo } : {}) });
    } catch (error) {
      const { kind } = Failure.from(error);
      say({ text: kind === 'forbidden' ? t.prescribe.mayNot : t.app.notDone, tone: 'bad' });
    } finally {
      setBusy(false);
    }
  }

  return (
    <form
      className="prescribe"
      onSubmit={(event) => {
        event.preventDefault();
        void prescribe();
      }}
    >
      <InputField label={t.prescribe.label} placeholder={t.prescribe.example} value={text} onChange={setText} autoComplete="off" />
      <div className="prescribe-reads" role="status">
        {failed ? <p className="field-error">{t.prescribe.noReading}</p> : null}
        {order && !failed ? (
          <>
            <p>
              <Icon name="pill" size={18} /> <strong>{nameOfMedicine(order)}</strong>
            </p>
            <p>{parsed?.reads || t.medicines.noDosage}</p>
            {parsed && parsed.unread.length > 0 ? <p className="warn">{t.prescribe.leftOut(parsed.unread.join(', '))}</p> : null}
            {lacks.length > 0 ? <p className="warn">{t.prescribe.missing(lacks.join(', '))}</p> : null}
            <p className="field-help">{t.prescribe.enter}</p>
          </>
        ) : null}
        {parsed && !order && !failed ? <p className="soft">{t.prescribe.unread}</p> : null}
      </div>
      <p className="prescribe-check">
        <Icon name="alert" size={16} /> {t.medicines.noCheck}
      </p>
    </form>
  );
}
