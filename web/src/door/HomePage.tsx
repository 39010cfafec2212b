/* The patient's first page: what comes next, and the few things that people come for. */
import type { Appointment } from 'fhir/r4';
import { useEffect, useState } from 'react';
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
  const isOwn = session.reference?.startsWith('Patient/') === true;
  const ways = placesOf(session).filter((each) => each.name !== 'home');
  return (
    <div className="page door">
      <h1>{t.door.hello(session.display.split(' ')[0] ?? '')}</h1>
      {isOwn ? <AskedOfMe /> : null}
      <Panel title={t.door.coming}>
        <Show query={query} rows={3}>
          {(visits) =>
            visits.length === 0 ? (
              <Note icon="calendar" title={t.door.noneComing} />
            ) : (
              <ul className="lines">
                {visits.map((each) => (
                  <Coming key={each.id} visit={each} own={session.reference === `Patient/${each.patientId}`} />
                ))}
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

/* Cancelling is asked once more: there is no way back from it for a patient. */
function Coming({ visit, own }: { visit: Visit; own: boolean }) {
  const { t, language } = useSpeech();
  const [sure, setSure] = useState(false);
  const move = () => {
    choice.moving = visit;
    choice.offer = null;
    go('/book');
  };
  const off = async () => {
    try {
      await act(`Appointment/${visit.id}/$cancel`, { scope: 'this' });
      refresh((key) => key.startsWith('mine ') || key.startsWith('offers '));
      say({ text: t.door.cancelled });
    } catch (error) {
      setSure(false);
      say({ text: Failure.from(error).kind === 'refused' ? t.visits.tooLate : t.app.notDone, tone: 'bad' });
    }
  };
  return (
    <li className="coming">
      <p>
        <strong>
          {dayName(visit.day, language)} {showDate(visit.day)}, <span className="digits">{showMinute(visit.from)}</span>
        </strong>
        {visit.step === 'asked' ? <span className="tag">{t.steps.asked}</span> : null}
        <span className="line-more">{[own ? '' : visit.patient, visit.whoName, visit.reason || visit.service].filter(Boolean).join(' · ')}</span>
      </p>
      <div className="cal-acts">
        {sure ? (
          <>
            <Button onClick={() => void off()}>{t.door.yesCancel}</Button>
            <Button kind="plain" onClick={() => setSure(false)}>
              {t.door.keep}
            </Button>
          </>
        ) : (
          <>
            <Button kind="plain" label={`${t.door.move}: ${showDate(visit.day)} ${showMinute(visit.from)}`} onClick={move}>
              {t.door.move}
            </Button>
            <Button kind="plain" label={`${t.door.cancel}: ${showDate(visit.day)} ${showMinute(visit.from)}`} onClick={() => setSure(true)}>
              {t.door.cancel}
            </Button>
          </>
        )}
      </div>
    </li>
  );
}
