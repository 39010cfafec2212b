/* Where something was dropped and is not free: the free hours nearest to it, each one press away. */
import { useEffect, useRef } from 'react';
import { useSpeech } from '../i18n';
import { dayName, dayOf, minuteOf, showDate, showMinute } from '../i18n/format';
import { Button, Icon } from '../ui';
import type { Hour } from './book';

interface Props {
  hour: Hour;
  name: string;
  nearest: string[];
  onTake: (hour: Hour) => void;
  onClose: () => void;
}

export function TakenPanel({ hour, name, nearest, onTake, onClose }: Props) {
  const { t, language } = useSpeech();
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.focus({ preventScroll: true }), [hour]);
  return (
    <div className="cal-form" role="dialog" tabIndex={-1} ref={box} aria-label={name || t.calendar.taken} onKeyDown={(event) => event.key === 'Escape' && onClose()}>
      <header>
        <strong>
          <span className="digits">{showMinute(hour.minute)}</span> · {name}
        </strong>
        <button type="button" className="icon-button" aria-label={t.app.close} onClick={onClose}>
          <Icon name="cross" size={18} />
        </button>
      </header>
      <p role="alert" className="field-error">
        {t.calendar.justTaken}
      </p>
      <p className="field-help">{t.calendar.nearest}</p>
      {nearest.slice(0, 3).map((start) => (
        <Button key={start} wide onClick={() => onTake({ ...hour, day: dayOf(start), minute: minuteOf(start) })}>
          {dayName(dayOf(start), language, 'short')} {showDate(start)} {showMinute(minuteOf(start))}
        </Button>
      ))}
    </div>
  );
}
