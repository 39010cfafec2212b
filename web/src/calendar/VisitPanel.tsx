/* One visit of the calendar: who, why, what state, and what can be done about it. */
import { useEffect, useRef, useState } from 'react';
import { isClinical } from '../app/places';
import { chartPath, consultPath, go } from '../app/router';
import type { Session } from '../app/session';
import { moveTo, type Step, type Visit } from '../care/visit';
import { useText } from '../i18n';
import { showMinute } from '../i18n/format';
import { Button, Icon, say } from '../ui';
import { book, cancel, confirm, type Scope } from './book';

const marks = ['arrived', 'inside', 'done', 'absent'] as const;

export function VisitPanel({ visit, session, onClose, onCarry }: { visit: Visit; session: Session; onClose: () => void; onCarry: () => void }) {
  const t = useText();
  const [leaving, setLeaving] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.focus({ preventScroll: true }), [visit.id]);
  const failed = () => say({ text: t.app.notDone, tone: 'bad' });

  function mark(step: Step) {
    const before = visit.step;
    moveTo(visit, step).then(() => say({ text: `${visit.patient}: ${t.steps[step]}`, undo: () => void moveTo(visit, before).catch(failed) }), failed);
    onClose();
  }

  function off(scope: Scope) {
    const again = (starts: string[]) => () => {
      if (!visit.who || !visit.patientId) return;
      book({ who: visit.who, where: visit.where, day: visit.day, minute: visit.from, minutes: visit.to - visit.from, service: visit.serviceId, outside: true, patientId: visit.patientId, ...(starts.length > 1 ? { starts } : {}) }).catch(failed);
    };
    cancel(visit.id, scope).then((gone) => {
      const starts = gone.flatMap((each) => each.start ?? []);
      say({ text: starts.length > 1 ? t.calendar.cancelledMany(visit.patient, starts.length) : t.calendar.cancelled(visit.patient), undo: again(starts) });
    }, failed);
    onClose();
  }

  const { patientId } = visit;
  return (
    <div className="cal-form" role="dialog" tabIndex={-1} ref={box} aria-label={visit.patient || t.calendar.taken} onKeyDown={(event) => event.key === 'Escape' && onClose()}>
      <header>
        <strong>{visit.patient || t.calendar.taken}</strong>
        <button type="button" className="icon-button" aria-label={t.app.close} onClick={onClose}>
          <Icon name="cross" size={18} />
        </button>
      </header>
      <p>
        <span className="digits">
          {showMinute(visit.from)}–{showMinute(visit.to)}
        </span>
        {visit.reason ? ` · ${visit.reason}` : ''}
      </p>
      <p className={`step step-${visit.step}`}>{t.steps[visit.step]}</p>
      <div className="cal-acts">
        {visit.step === 'asked' ? (
          <Button
            kind="primary"
            onClick={() => {
              confirm(visit).then(() => say({ text: t.today.confirmed(visit.patient) }), failed);
              onClose();
            }}
          >
            {t.today.confirm}
          </Button>
        ) : null}
        {marks
          .filter((each) => each !== visit.step)
          .map((each) => (
            <Button key={each} onClick={() => mark(each)}>
              {t.today.mark[each]}
            </Button>
          ))}
      </div>
      <div className="cal-acts">
        {patientId ? <Button kind="plain" onClick={() => go(chartPath(patientId))}>{t.calendar.chart}</Button> : null}
        {patientId && isClinical(session) ? <Button kind="plain" onClick={() => go(consultPath(patientId))}>{t.consult.start}</Button> : null}
        <Button kind="plain" onClick={onCarry}>
          {t.door.move}
        </Button>
        <Button kind="plain" onClick={() => (visit.series ? setLeaving(true) : off('this'))}>
          {t.calendar.cancel}
        </Button>
      </div>
      {leaving ? (
        <div className="cal-acts" role="group" aria-label={t.calendar.scope}>
          {(['this', 'following', 'all'] as const).map((scope) => (
            <Button key={scope} onClick={() => off(scope)}>
              {t.calendar.scopes[scope]}
            </Button>
          ))}
        </div>
      ) : null}
    </div>
  );
}
