/* Of a series some hours cannot be had: each with what is free near it, and all of it at one press. */
import { useSpeech } from '../i18n';
import { dayName, dayOf, minuteOf, showDate, showMinute } from '../i18n/format';
import { Button } from '../ui/controls';
import type { Instead } from './series';

export function Mixed({ others, of, busy = false, onTake }: { others: Instead[]; of: number; busy?: boolean; onTake: () => void }) {
  const { t, language } = useSpeech();
  return (
    <div role="alert" className="field-error">
      <p>{t.calendar.mixed(others.length, of)}</p>
      <ul className="cal-mixed">
        {others.map((each) => (
          <li key={each.wanted} className="digits">
            <s>
              {showDate(each.wanted)} {showMinute(minuteOf(each.wanted))}
            </s>{' '}
            {each.instead ? `${dayName(dayOf(each.instead), language, 'short')} ${showDate(each.instead)} ${showMinute(minuteOf(each.instead))}` : t.calendar.noneNear}
          </li>
        ))}
      </ul>
      <Button kind="primary" busy={busy} onClick={onTake}>
        {t.calendar.bookMixed}
      </Button>
    </div>
  );
}
