/* Who waits for an hour. Choosing somebody makes the next click on a free hour his. */
import type { Appointment, Parameters } from 'fhir/r4';
import { useState } from 'react';
import { visitOf, isVisit } from '../care/visit';
import { readJson, search } from '../fhir/client';
import { useQuery } from '../fhir/query';
import { useText } from '../i18n';
import { minuteOf, showDate, showMinute } from '../i18n/format';
import { Button, Icon, Note, say, Show } from '../ui';
import { accept } from './book';
import { WaitForm } from './BookPanel';

export interface Waiter {
  id: string;
  patientId: string;
  patient: string;
  service: string;
  serviceId: string;
  since: string;
  /* An hour that became free and is kept for him until then. */
  offer: { start: string; until: string } | null;
}

/* By appointment; the desk sees these and not the elements of an offer. */
async function readOffers(signal: AbortSignal): Promise<Map<string, Waiter['offer']>> {
  const told = await readJson<Parameters>('Appointment/$offers', signal);
  return new Map(
    (told.parameter ?? []).map(({ part }) => {
      const instant = (name: string) => part?.find((each) => each.name === name)?.valueInstant ?? '';
      return [part?.find((each) => each.name === 'appointment')?.valueReference?.reference ?? '', { start: instant('start'), until: instant('until') }];
    }),
  );
}

async function readWaiting(signal: AbortSignal): Promise<Waiter[]> {
  const [page, offers] = await Promise.all([search<Appointment>('Appointment', 'status=waitlist&_count=100', signal), readOffers(signal)]);
  return page.items
    .map((each) => ({ visit: visitOf(each), since: each.created ?? '', offer: offers.get(`Appointment/${each.id}`) ?? null }))
    .flatMap(({ visit, since, offer }) => (isVisit(visit) && visit.patientId ? [{ id: visit.id, patientId: visit.patientId, patient: visit.patient, service: visit.service, serviceId: visit.serviceId, since, offer }] : []))
    .sort((a, b) => a.since.localeCompare(b.since));
}

export function Waiting({ placing, onPlace, onClose }: { placing: Waiter | null; onPlace: (waiter: Waiter | null) => void; onClose: () => void }) {
  const t = useText();
  const [adding, setAdding] = useState(false);
  const query = useQuery('day waiting', readWaiting);
  return (
    <aside className="drawer" aria-label={t.calendar.waiting}>
      <header className="panel-head">
        <h2>{t.calendar.waiting}</h2>
        <button type="button" className="icon-button" aria-label={t.app.close} onClick={onClose}>
          <Icon name="cross" size={18} />
        </button>
      </header>
      <Show query={query}>
        {(waiters) =>
          waiters.length === 0 ? (
            <Note title={t.calendar.noWaiting} />
          ) : (
            <ul className="lines">
              {waiters.map((each) => (
                <li className="line" key={each.id}>
                  <span className="line-main">
                    <strong>{each.patient}</strong>
                    <span className="line-more">{[each.service, each.since ? t.calendar.since(showDate(each.since)) : ''].filter(Boolean).join(', ')}</span>
                    {each.offer ? <span className="line-more">{t.calendar.offered(`${showDate(each.offer.start)} ${showMinute(minuteOf(each.offer.start))}`, showMinute(minuteOf(each.offer.until)))}</span> : null}
                  </span>
                  {each.offer ? (
                    <Button
                      kind="primary"
                      label={`${t.calendar.accept}: ${each.patient}`}
                      onClick={() =>
                        void accept(each.id).then(
                          () => say({ text: t.calendar.booked(each.patient, each.offer ? `${showDate(each.offer.start)} ${showMinute(minuteOf(each.offer.start))}` : '') }),
                          () => say({ text: t.app.notDone, tone: 'bad' }),
                        )
                      }
                    >
                      {t.calendar.accept}
                    </Button>
                  ) : null}
                  <Button label={`${t.calendar.place}: ${each.patient}`} kind={placing?.id === each.id ? 'primary' : 'quiet'} onClick={() => onPlace(placing?.id === each.id ? null : each)}>
                    {t.calendar.place}
                  </Button>
                </li>
              ))}
            </ul>
          )
        }
      </Show>
      {placing ? <p role="status">{t.calendar.clickHour(placing.patient)}</p> : null}
      {adding ? (
        <WaitForm onDone={() => setAdding(false)} />
      ) : (
        <Button icon={<Icon name="plus" size={18} />} onClick={() => setAdding(true)}>
          {t.calendar.addWaiting}
        </Button>
      )}
    </aside>
  );
}
