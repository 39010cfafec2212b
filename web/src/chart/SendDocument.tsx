/* A file goes into the record: chosen, dropped, or photographed with the phone. */
import { useEffect, useId, useRef, useState, type DragEvent } from 'react';
import type { CodeableConcept } from 'fhir/r4';
import type { Session } from '../app/session';
import { wordsOf } from '../fhir/read';
import { useText } from '../i18n';
import { today } from '../i18n/format';
import { Button, DateField, Icon, InputField, SelectField } from '../ui';
import { documentKinds, firstFault, neverGoes, Upload, useExaminations, type DocumentKind, type Sending, type Wanted } from './sending';

let last = 0;

const withoutEnding = (name: string) => name.replace(/\.[a-z0-9]{1,5}$/i, '').replace(/_+/g, ' ');
const sizeText = (bytes: number) => (bytes >= 1_000_000 ? `${(bytes / 1_000_000).toFixed(1)} MB` : `${Math.max(1, Math.round(bytes / 1000))} kB`);

export function SendDocument({ patientId, session }: { patientId: string; session: Session }) {
  const t = useText();
  const [chosen, setChosen] = useState<File[]>([]);
  const [over, setOver] = useState(false);
  const [all, setAll] = useState<Sending[]>([]);
  const uploads = useRef(new Map<number, Upload>());
  const field = useRef<HTMLInputElement>(null);
  const camera = useRef<HTMLInputElement>(null);

  const busy = all.some((each) => each.state === 'going');
  useEffect(() => {
    if (!busy) return;
    const stay = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', stay);
    return () => window.removeEventListener('beforeunload', stay);
  }, [busy]);

  const take = (files: FileList | null) => setChosen((now) => [...now, ...(files ?? [])]);

  function drop(event: DragEvent) {
    event.preventDefault();
    setOver(false);
    take(event.dataTransfer.files);
  }

  function begin(wanted: Wanted) {
    const key = ++last;
    const upload = new Upload(wanted, (change) => setAll((now) => now.map((each) => (each.key === key ? { ...each, ...change } : each))));
    uploads.current.set(key, upload);
    setAll((now) => [...now, { key, file: wanted.file, title: wanted.title, sent: 0, state: 'going', fault: null }]);
    setChosen((now) => now.slice(1));
    void upload.run();
  }

  function leave(key: number) {
    void uploads.current.get(key)?.cancel();
    uploads.current.delete(key);
    setAll((now) => now.filter((each) => each.key !== key));
  }

  const file = chosen[0];
  return (
    <section className="send no-print" aria-label={t.sending.title}>
      <div
        className={over ? 'drop drop-over' : 'drop'}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
      >
        <Button icon={<Icon name="plus" size={18} />} onClick={() => field.current?.click()}>
          {t.sending.choose}
        </Button>
        <span className="drop-photo">
          <Button icon={<Icon name="eye" size={18} />} onClick={() => camera.current?.click()}>
            {t.sending.photo}
          </Button>
        </span>
        <span className="soft drop-says">{t.sending.dropHere}</span>
        <input ref={field} type="file" multiple hidden aria-label={t.sending.choose} onChange={(event) => take(event.currentTarget.files)} onClick={(event) => (event.currentTarget.value = '')} />
        <input ref={camera} type="file" accept="image/*" capture="environment" hidden aria-label={t.sending.photo} onChange={(event) => take(event.currentTarget.files)} onClick={(event) => (event.currentTarget.value = '')} />
      </div>
      {file ? (
        <Describe
          key={`${file.name} ${chosen.length}`}
          file={file}
          patientId={patientId}
          more={chosen.length - 1}
          onSend={(title, kind, date, event) => begin({ file, title, kind, event, kindText: t.sending.kinds[kind], date, patientId, author: session.reference ? { reference: session.reference, display: session.display } : null })}
          onLeave={() => setChosen((now) => now.slice(1))}
        />
      ) : null}
      {all.length > 0 ? (
        <ul className="sendings">
          {all.map((each) => (
            <Going key={each.key} sending={each} onAgain={() => void uploads.current.get(each.key)?.run()} onLeave={() => leave(each.key)} onClose={() => setAll((now) => now.filter((one) => one.key !== each.key))} />
          ))}
        </ul>
      ) : null}
    </section>
  );
}

function Describe({ file, patientId, more, onSend, onLeave }: { file: File; patientId: string; more: number; onSend: (title: string, kind: DocumentKind, date: string, event: CodeableConcept | null) => void; onLeave: () => void }) {
  const t = useText();
  const photographed = file.type.startsWith('image/');
  const [title, setTitle] = useState(withoutEnding(file.name));
  const [kind, setKind] = useState<DocumentKind>(photographed ? 'photo' : 'letter');
  const [date, setDate] = useState(today());
  const [examined, setExamined] = useState('');
  const known = useExaminations(patientId, kind === 'result');
  const examinations = known.state === 'ready' ? known.data : [];
  const about = kind === 'result' ? (examinations.find((each) => wordsOf(each) === examined) ?? null) : null;
  const first = useRef<HTMLInputElement>(null);
  const fault = firstFault(file);
  useEffect(() => first.current?.select(), []);
  return (
    <form
      className="form describe"
      onSubmit={(event) => {
        event.preventDefault();
        if (!fault && title.trim() && date) onSend(title.trim(), kind, date, about);
      }}
    >
      <p className="wide">
        <strong className="file-name">{file.name}</strong> <span className="soft digits">{sizeText(file.size)}</span>
        {more > 0 ? <span className="soft"> · {t.sending.thenMore(more)}</span> : null}
      </p>
      {fault ? (
        <p className="wide field-error" role="alert">
          {t.sending.faults[fault]}
        </p>
      ) : (
        <>
          <InputField className="wide" label={t.sending.name} value={title} onChange={setTitle} inputRef={first} autoComplete="off" error={title.trim() ? null : t.newPatient.needed} />
          <SelectField label={t.sending.kind} value={kind} onChange={(value) => setKind(value as DocumentKind)} options={documentKinds.map((each) => ({ value: each, text: t.sending.kinds[each] }))} />
          {kind === 'result' && examinations.length > 0 ? <SelectField label={t.sending.examination} value={examined} onChange={setExamined} options={[{ value: '', text: t.sending.noExamination }, ...examinations.map((each) => ({ value: wordsOf(each) ?? '', text: wordsOf(each) ?? '' }))]} /> : null}
          <DateField label={t.sending.date} value={date} onChange={setDate} error={date ? null : t.newPatient.needed} />
        </>
      )}
      <div className="wide rows-end">
        {fault ? null : (
          <Button kind="primary" submit>
            {t.sending.send}
          </Button>
        )}
        <Button kind="plain" onClick={onLeave}>
          {t.sending.leave}
        </Button>
      </div>
    </form>
  );
}

function Going({ sending, onAgain, onLeave, onClose }: { sending: Sending; onAgain: () => void; onLeave: () => void; onClose: () => void }) {
  const t = useText();
  const id = useId();
  const { state, file, sent } = sending;
  const percent = file.size > 0 ? Math.floor((100 * sent) / file.size) : 0;
  return (
    <li className={`sending sending-${state}`}>
      <span className="sending-name" id={id}>
        {state === 'done' ? <Icon name="check" size={18} /> : state === 'failed' ? <Icon name="alert" size={18} /> : null}
        <strong>{sending.title}</strong>
      </span>
      {state === 'going' ? (
        <>
          <progress max={100} value={percent} aria-labelledby={id} />
          <span className="digits soft">{percent === 100 ? t.sending.storing : t.sending.sentOf(sizeText(sent), sizeText(file.size))}</span>
          <Button kind="plain" label={`${t.sending.stop}: ${sending.title}`} onClick={onLeave}>
            {t.sending.stop}
          </Button>
        </>
      ) : null}
      {state === 'done' ? (
        <>
          <span role="status">{t.sending.done}</span>
          <Button kind="plain" label={`${t.app.close}: ${sending.title}`} onClick={onClose}>
            {t.app.close}
          </Button>
        </>
      ) : null}
      {state === 'failed' ? (
        <>
          <span role="alert" className="field-error">
            {sending.fault ? t.sending.faults[sending.fault] : ''}
          </span>
          {sending.fault && neverGoes.includes(sending.fault) ? null : (
            <Button label={`${t.app.retry}: ${sending.title}`} onClick={onAgain}>
              {t.app.retry}
            </Button>
          )}
          <Button kind="plain" label={`${t.sending.leave}: ${sending.title}`} onClick={onLeave}>
            {t.sending.leave}
          </Button>
        </>
      ) : null}
    </li>
  );
}
