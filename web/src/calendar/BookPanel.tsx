/* Booking where the click fell: a name and Enter. What is seldom wanted is folded away. */
import { useState } from 'react';
import { go } from '../app/router';
import { Mixed } from '../care/Mixed';
import { insteadOf, mixedOf, nearestOf, seriesOf, type Instead } from '../care/series';
import { Failure } from '../fhir/failure';
import { useQuery } from '../fhir/query';
import { nameText } from '../fhir/read';
import { useSpeech } from '../i18n';
import { dayName, dayOf, minuteOf, showDate, showMinute } from '../i18n/format';
import { PickPatient } from '../patients/PickPatient';
import { Button, Icon, InputField, say, SelectField } from '../ui';
import { readServices } from './read';
import { book, cancel, wait, type Hour } from './book';

interface Props {
  hour: Hour;
  name: string;
  services: string[];
  /* The hour is not among those that are open. */
  outside: boolean;
  onClose: () => void;
  onHour: (hour: Hour) => void;
}

export function BookPanel({ hour, name, services, outside, onClose, onHour }: Props) {
  const { t, language } = useSpeech();
  const known = useQuery('services', readServices);
  const offered = known.state === 'ready' ? services.flatMap((each) => known.data.find((one) => one.reference === each) ?? []) : [];
  const [service, setService] = useState(services[0] ?? '');
  const [minutes, setMinutes] = useState('');
  const [comment, setComment] = useState('');
  const [count, setCount] = useState('1');
  const [weeks, setWeeks] = useState('1');
  const [mixed, setMixed] = useState<{ patientId: string; patient: string; starts: string[]; others: Instead[] } | null>(null);
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<{ text: string; nearest: string[] } | null>(null);

  async function take(patientId: string, patient: string, list?: string[]) {
    if (busy) return;
    setBusy(true);
    setTrouble(null);
    const sessions = Math.max(1, Number(count) || 1);
    const starts = list ?? (sessions > 1 ? seriesOf(hour, sessions, Math.max(1, Number(weeks) || 1)) : null);
    try {
      const made = await book({ ...hour, patientId, comment, service, outside, ...(minutes ? { minutes: Number(minutes) } : {}), ...(starts ? { starts } : {}) });
      const id = made?.id;
      say({
        text: t.calendar.booked(patient, `${dayName(hour.day, language, 'short')} ${showDate(hour.day)}, ${showMinute(hour.minute)}`),
        ...(id ? { undo: () => void cancel(id, 'all').catch(() => say({ text: t.app.notDone, tone: 'bad' })) } : {}),
      });
      onClose();
    } catch (error) {
      const { kind } = Failure.from(error);
      const others = starts && kind === 'conflict' ? insteadOf(error, starts) : [];
      setMixed(starts && others.length > 0 ? { patientId, patient, starts, others } : null);
      if (others.length > 0) return;
      setTrouble({ text: kind === 'conflict' ? t.calendar.justTaken : kind === 'offline' ? t.failures.offline : kind === 'refused' ? t.calendar.notThere : t.app.notDone, nearest: nearestOf(error) });
    } finally {
      setBusy(false);
    }
  }

  return (
    <div className="cal-form" role="dialog" aria-label={`${t.calendar.book} ${showMinute(hour.minute)}`} onKeyDown={(event) => event.key === 'Escape' && onClose()}>
      <header>
        <strong>
          <span className="digits">{showMinute(hour.minute)}</span> · {name}
        </strong>
        <button type="button" className="icon-button" aria-label={t.app.close} onClick={onClose}>
          <Icon name="cross" size={18} />
        </button>
      </header>
      <PickPatient label={t.calendar.patient} onPick={(patient) => patient.id && void take(patient.id, nameText(patient.name, t))} onNew={() => go('/patients/new')} />
      {offered.length > 1 ? (
        <SelectField label={t.admin.service} value={service} onChange={setService} options={offered.map((each) => ({ value: each.reference, text: each.minutes ? `${each.name} · ${each.minutes} min` : each.name }))} />
      ) : null}
      {outside ? <p className="warn">{t.calendar.outside}</p> : null}
      {trouble ? (
        <div role="alert" className="field-error">
          <p>{trouble.text}</p>
          {trouble.nearest.slice(0, 3).map((start) => (
            <Button key={start} onClick={() => onHour({ ...hour, day: dayOf(start), minute: minuteOf(start) })}>
              {dayName(dayOf(start), language, 'short')} {showDate(start)} {showMinute(minuteOf(start))}
            </Button>
          ))}
        </div>
      ) : null}
      {mixed ? (
        <Mixed others={mixed.others} of={mixed.starts.length} busy={busy} onTake={() => void take(mixed.patientId, mixed.patient, mixedOf(mixed.starts, mixed.others))} />
      ) : null}
      <details>
        <summary>{t.calendar.more}</summary>
        <div className="cal-more">
          <InputField label={t.calendar.minutes} type="number" min={5} max={480} value={minutes} onChange={setMinutes} />
          <InputField label={t.calendar.weeks} type="number" min={1} max={60} value={count} onChange={setCount} />
          <InputField label={t.calendar.every} type="number" min={1} max={12} value={weeks} onChange={setWeeks} />
          <InputField className="wide" label={t.calendar.comment} value={comment} onChange={setComment} />
        </div>
      </details>
      <p className="field-help">{busy ? t.calendar.booking : t.calendar.enter}</p>
    </div>
  );
}

/* Somebody who would come earlier, or for whom there is no hour. */
export function WaitForm({ onDone }: { onDone: () => void }) {
  const { t } = useSpeech();
  const known = useQuery('services', readServices);
  const services = known.state === 'ready' ? known.data : [];
  const [chosen, setChosen] = useState('');
  const service = chosen || (services[0]?.reference ?? '');
  return (
    <div className="cal-waiting">
      <SelectField label={t.admin.service} value={service} onChange={setChosen} options={services.map((each) => ({ value: each.reference, text: each.name }))} />
      <PickPatient
        label={t.calendar.patient}
        onPick={(patient) =>
          patient.id &&
          void wait(patient.id, service, null).then(onDone, () => say({ text: t.app.notDone, tone: 'bad' }))
        }
      />
    </div>
  );
}
