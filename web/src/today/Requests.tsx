/* What patients have asked for and nobody has answered: a press confirms. Nothing when there is none. */
import type { Appointment } from 'fhir/r4';
import { calendarPath } from '../app/router';
import { Link } from '../app/Link';
import { confirm } from '../calendar/book';
import { byTime, isVisit, visitOf, type Visit } from '../care/visit';
import { search } from '../fhir/client';
import { useQuery } from '../fhir/query';
import { useSpeech } from '../i18n';
import { dayName, showDate, showMinute, today, instantOf } from '../i18n/format';
import { Button, Panel, say } from '../ui';

const most = 100;

/* Of a series its first. */
function firstOfEach(visits: Visit[]): Visit[] {
  const seen = new Set<string>();
  return visits.filter((each) => {
    const key = each.seriesId || each.id;
    return seen.has(key) ? false : Boolean(seen.add(key));
  });
}

export function Requests({ who }: { who: string | null }) {
  const { t, language } = useSpeech();
  const query = useQuery(`day requests ${who ?? 'all'}`, async (signal) => {
    const actor = who ? `&actor=${who}` : '';
    const page = await search<Appointment>('Appointment', `status=pending,proposed&date=ge${instantOf(today(), 0)}${actor}&_sort=date&_count=${most}`, signal);
    return page.items.map(visitOf).filter(isVisit).sort(byTime);
  });
  const asked = query.state === 'ready' ? firstOfEach(query.data) : [];
  if (asked.length === 0) return null;
  const take = (visit: Visit) =>
    void confirm(visit).then(
      () => say({ text: t.today.confirmed(visit.patient) }),
      () => say({ text: t.app.notDone, tone: 'bad' }),
    );
  return (
    <Panel title={t.today.requests} count={asked.length} className="requests">
      <ul className="lines">
        {asked.map((each) => (
          <li className="line" key={each.id}>
            <span className="line-main">
              <strong>{each.patient || t.calendar.taken}</strong>
              <span className="line-more">
                <Link href={calendarPath(each.day, 'day')}>
                  {dayName(each.day, language, 'short')} {showDate(each.day)}, {showMinute(each.from)}
                </Link>
              </span>
              <span className="line-more">{[each.whoName, each.service].filter(Boolean).join(' · ')}</span>
            </span>
            <Button label={`${t.today.confirm}: ${each.patient}, ${showDate(each.day)} ${showMinute(each.from)}`} onClick={() => take(each)}>
              {t.today.confirm}
            </Button>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
