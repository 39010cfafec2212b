/* The patient's first page: what comes next, and the few things that people come for. */
import type { Appointment } from 'fhir/r4';
import { useEffect, useState, type ReactNode } from 'react';
import { Link } from '../app/Link';
import { placesOf } from '../app/places';
import { chartPath, go } from '../app/router';
import type { Session } from '../app/session';
import { byTime, isVisit, visitOf, type Visit } from '../care/visit';
import { AskedOfMe } from '../forms/AskedOfMe';
import { choice } from './choice';
import { act, search } from '../fhir/client';
import { Failure } from '../fhir/failure';
import { refresh, useQuery } from '../fhir/query';
import { useSpeech, useText } from '../i18n';
import { dayName, instantOf, showDate, showMinute, today } from '../i18n/format';
import { Button, Icon, Note, Panel, say, Show } from '../ui';

async function readMine(signal: AbortSignal): Promise<Visit[]> {
  const page = await search<Appointment>('Appointment', `date=ge${instantOf(today(), 0)}&_count=100`, signal);
  return page.items.map(visitOf).filter(isVisit).filter((each) => ['booked', 'asked', 'arrived'].includes(each.step)).sort(byTime);
}

export default function HomePage({ session }: { session: Session }) {
  const t = useText();
  const query = useQuery(`mine ${session.user}`, readMine);
  useEffect(() => {
    document.title = `${t.places.home} – Aceso`;
  }, [t]);
  const book = () => {
    choice.moving = null;
    choice.offer = null;
    go('/book');
  };
  const ways = placesOf(session).filter((each) => each.name !== 'home');
  return (
    <div className="page door">
      <h1>{t.door.hello(session.display.split(' ')[0] ?? '')}</h1>
      <AskedOfMe session={session} />
      <Panel title={t.door.coming}>
        <Show query={query} rows={3}>
          {(visits) =>
            visits.length === 0 ? (
              <Note icon="calendar" title={t.door.noneComing} />
            ) : (
              <ul className="lines">
                {inSeries(visits).map(([first, ...more]) =>
                  first ? (
                    <Coming key={first.id} visit={first} own={session.reference === `Patient/${first.patientId}`} last={more.length === 0} of={first.seriesId ? more.length + 1 : 0}>
                      {more.length > 0 ? (
                        <details className="coming-more">
                          <summary>{t.door.otherSessions(more.length)}</summary>
                          <ul className="lines">
                            {more.map((each, at) => (
                              <Coming key={each.id} visit={each} own={session.reference === `Patient/${each.patientId}`} last={at === more.length - 1} of={0} />
                            ))}
                          </ul>
                        </details>
                      ) : null}
                    </Coming>
                  ) : null,
                )}
              </ul>
            )
          }
        </Show>
        <Button kind="primary" wide icon={<Icon name="plus" size={18} />} onClick={book}>
          {t.door.bookTitle}
        </Button>
      </Panel>
      <ul className="ways-list">
        {ways
          .filter((each) => each.name !== 'book')
          .map((each) => (
            <li key={each.name}>
              <Link href={each.href}>
                <Icon name={each.icon} size={24} />
                <span>
                  <strong>{t.places[each.name]}</strong>
                  <small>{t.door.about[each.name as keyof typeof t.door.about]}</small>
                </span>
              </Link>
            </li>
          ))}
        {session.reference?.startsWith('Patient/') ? (
          <li>
            <Link href={chartPath(session.reference.slice('Patient/'.length), 'medicines')}>
              <Icon name="pill" size={24} />
              <span>
                <strong>{t.medicines.title}</strong>
                <small>{t.door.about.medicines}</small>
              </span>
            </Link>
          </li>
        ) : null}
      </ul>
    </div>
  );
}

/* What belongs together stands at its first hour. */
function inSeries(visits: Visit[]): Visit[][] {
  const all = new Map<string, Visit[]>();
  for (const each of visits) {
    const key = each.seriesId || each.id;
    all.set(key, [...(all.get(key) ?? []), each]);
  }
  return [...all.values()];
}

interface ComingProps {
  visit: Visit;
  own: boolean;
  /* Nothing of its series comes after it. */
  last: boolean;
  /* So many of its series are still to come; 0: that is not said here. */
  of: number;
  children?: ReactNode;
}

/* Cancelling is asked once more: there is no way back from it for a patient. */
function Coming({ visit, own, last, of, children }: ComingProps) {
  const { t, language } = useSpeech();
  const [sure, setSure] = useState(false);
  const when = `${showDate(visit.day)} ${showMinute(visit.from)}`;
  const move = () => {
    choice.moving = visit;
    choice.offer = null;
    go('/book');
  };
  const off = async (scope: 'this' | 'following') => {
    try {
      await act(`Appointment/${visit.id}/$cancel`, { scope });
      refresh((key) => key.startsWith('mine ') || key.startsWith('offers '));
      say({ text: scope === 'this' ? t.door.cancelled : t.door.cancelledAll });
    } catch (error) {
      setSure(false);
      const { kind } = Failure.from(error);
      say({ text: kind === 'refused' || kind === 'forbidden' ? t.visits.tooLate : kind === 'offline' ? t.failures.offline : t.app.notDone, tone: 'bad' });
    }
  };
  const series = visit.seriesId !== '' && !last;
  return (
    <li className="coming">
      <p>
        <strong>
          {dayName(visit.day, language)} {showDate(visit.day)}, <span className="digits">{showMinute(visit.from)}</span>
        </strong>
        {visit.step === 'asked' ? <span className="tag">{t.steps.asked}</span> : null}
        {of > 1 ? <span className="tag">{t.door.seriesOf(of)}</span> : null}
        <span className="line-more">{[own ? '' : visit.patient, visit.whoName, visit.reason || visit.service].filter(Boolean).join(' · ')}</span>
      </p>
      <div className="cal-acts">
        {sure ? (
          <>
            <Button label={series ? `${t.door.onlyThis}: ${when}` : `${t.door.yesCancel}: ${when}`} onClick={() => void off('this')}>
              {series ? t.door.onlyThis : t.door.yesCancel}
            </Button>
            {series ? (
              <Button label={`${t.door.andNext}: ${when}`} onClick={() => void off('following')}>
                {t.door.andNext}
              </Button>
            ) : null}
            <Button kind="plain" onClick={() => setSure(false)}>
              {t.door.keep}
            </Button>
          </>
        ) : (
          <>
            <Button kind="plain" label={`${t.door.move}: ${when}`} onClick={move}>
              {t.door.move}
            </Button>
            <Button kind="plain" label={`${t.door.cancel}: ${when}`} onClick={() => setSure(true)}>
              {t.door.cancel}
            </Button>
          </>
        )}
      </div>
      {children}
    </li>
  );
}
