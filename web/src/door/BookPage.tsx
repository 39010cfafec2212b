/* Booking, for patients, on a telephone: what, when, done. The times are seen before anybody is
 * asked who he is; what was chosen is still chosen after signing in. */
import type { Appointment, FhirResource } from 'fhir/r4';
import { useEffect, useState } from 'react';
import { go } from '../app/router';
import type { Session } from '../app/session';
import { Mixed } from '../care/Mixed';
import { insteadOf, mixedOf, seriesOf, type Instead } from '../care/series';
import { act, members } from '../fhir/client';
import { Failure } from '../fhir/failure';
import { refresh, useQuery } from '../fhir/query';
import { useSpeech } from '../i18n';
import { addDays, dayName, dayOf, minuteOf, showDate, showMinute, today } from '../i18n/format';
import { Button } from '../ui/controls';
import { InputField, SelectField } from '../ui/forms';
import { Icon } from '../ui/icons';
import { Note, Show } from '../ui/panel';
import { choice } from './choice';
import { useActsFor } from './family';
import { anybody, offersKey, professions, readOffers, wholeDays, type Offer, type Profession, type Wanted } from './find';

export default function BookPage({ session, onSignIn }: { session: Session | null; onSignIn?: () => void }) {
  const { t } = useSpeech();
  const [offer, setOffer] = useState(choice.offer);
  /* The hours that were booked. */
  const [done, setDone] = useState<string[] | null>(null);
  /* The centre has to say yes first. */
  const [asks, setAsks] = useState(false);
  const { moving } = choice;
  useEffect(() => {
    document.title = `${t.places.book} – Aceso`;
  }, [t]);
  const choose = (next: Offer | null) => {
    choice.offer = next;
    setOffer(next);
    setDone(null);
  };
  /* The way back of a telephone leads from an hour to the hours, and not out of here. */
  const chosen = offer !== null;
  useEffect(() => {
    if (!chosen) return;
    if ((window.history.state as { hour?: boolean } | null)?.hour !== true) window.history.pushState({ hour: true }, '');
    const back = () => choose(null);
    window.addEventListener('popstate', back);
    return () => window.removeEventListener('popstate', back);
  }, [chosen]);
  /* What is booked is no choice any more. */
  const booked = (starts: string[], pending: boolean) => {
    choice.offer = null;
    setAsks(pending);
    setDone(starts);
  };
  if (offer && done) return <Done offer={offer} starts={done} asks={asks} onAgain={() => choose(null)} />;
  if (offer) return <Confirm offer={offer} session={session} onBack={() => window.history.back()} onDone={booked} {...(onSignIn ? { onSignIn } : {})} />;
  return (
    <div className="page door">
      <h1>{moving ? t.door.moveTitle : t.door.bookTitle}</h1>
      {moving ? (
        <div className="ticket">
          <p>
            {t.visits.moves(`${showDate(moving.day)}, ${showMinute(moving.from)}`)}
            {moving.whoName ? ` · ${moving.whoName}` : ''}
          </p>
          <Button
            kind="plain"
            onClick={() => {
              choice.moving = null;
              go('/');
            }}
          >
            {t.door.keep}
          </Button>
        </div>
      ) : null}
      <Choose onChoose={choose} />
    </div>
  );
}

interface Name {
  value: string;
  text: string;
}

const namesOf = (offers: Offer[], value: (offer: Offer) => string, text: (offer: Offer) => string): Name[] =>
  [...new Map(offers.map((each) => [value(each), text(each)])).entries()].map(([one, other]) => ({ value: one, text: other })).sort((a, b) => a.text.localeCompare(b.text));

/* Whom, where, and then only times. What can be chosen is what the first answer offered. */
function Choose({ onChoose }: { onChoose: (offer: Offer) => void }) {
  const { t } = useSpeech();
  const [profession, setProfession] = useState<Profession>('doctor');
  const [where, setWhere] = useState('');
  const [who, setWho] = useState('');
  /* Chosen once, also for the days that come later. */
  const [service, setService] = useState('');
  const [from, setFrom] = useState(today());
  const all: Wanted = { profession, where: '', who: '', from: today() };
  const wanted: Wanted = { profession, where, who: who || anybody, from };
  const offered = useQuery(offersKey(all), (signal) => readOffers(all, signal));
  const query = useQuery(offersKey(wanted), (signal) => readOffers(wanted, signal));
  const choices = offered.state === 'ready' ? offered.data : [];
  const places = namesOf(choices, (each) => each.where, (each) => each.whereName);
  const people = namesOf(choices.filter((each) => where === '' || each.where === where), (each) => each.who, (each) => each.whoName);
  return (
    <>
      <SelectField
        label={t.door.whichPerson}
        value={profession}
        onChange={(next) => {
          setProfession(next as Profession);
          setWhere('');
          setWho('');
          setService('');
          setFrom(today());
        }}
        options={professions.map((each) => ({ value: each, text: t.door.professions[each] }))}
      />
      {places.length > 1 ? (
        <SelectField
          label={t.door.where}
          value={where}
          onChange={(next) => {
            setWhere(next);
            setWho('');
          }}
          options={[{ value: '', text: t.calendar.allCentres }, ...places]}
        />
      ) : null}
      {people.length > 1 ? <SelectField label={t.door.withWhom} value={who} onChange={setWho} options={[{ value: '', text: t.door.anybody }, ...people]} /> : null}
      <Show query={query} rows={8}>
        {(offers) =>
          offers.length === 0 ? (
            <Note icon="calendar" title={t.door.noTimes}>
              <p>{t.door.noTimesHelp}</p>
            </Note>
          ) : (
            <Times offers={wholeDays(offers)} named={who === ''} chosenService={service} onService={setService} onChoose={onChoose} onLater={setFrom} />
          )
        }
      </Show>
      {from > today() ? <Button onClick={() => setFrom(today())}>{t.door.firstDays}</Button> : null}
    </>
  );
}

interface TimesProps {
  offers: Offer[];
  named: boolean;
  chosenService: string;
  onService: (service: string) => void;
  onChoose: (offer: Offer) => void;
  onLater: (day: string) => void;
}

function Times({ offers, named, chosenService, onService, onChoose, onLater }: TimesProps) {
  const { t, language } = useSpeech();
  const services = namesOf(offers, (each) => each.service, (each) => each.serviceName);
  const service = [chosenService, choice.moving?.serviceId ?? ''].find((each) => services.some((one) => one.value === each)) ?? offers[0]?.service ?? '';
  const ofService = offers.filter((each) => each.service === service);
  const days = [...new Set(ofService.map((each) => each.day))];
  const last = offers.at(-1)?.day ?? today();
  return (
    <>
      {services.length > 1 ? <SelectField label={t.door.what} value={service} onChange={onService} options={services} /> : null}
      {days.map((day) => (
        <section key={day} className="door-day" aria-label={`${dayName(day, language)} ${showDate(day)}`}>
          <h2>
            {dayName(day, language)} <span className="soft digits">{showDate(day)}</span>
          </h2>
          <div className="times">
            {ofService
              .filter((each) => each.day === day)
              .map((each) => (
                <button key={each.key} type="button" className="time" onClick={() => onChoose(each)}>
                  <span className="digits">{showMinute(each.minute)}</span>
                  {named ? <small>{each.whoName}</small> : null}
                </button>
              ))}
          </div>
        </section>
      ))}
      <Button onClick={() => onLater(addDays(last, 1))}>{t.door.laterDays}</Button>
    </>
  );
}

function Card({ offer }: { offer: Offer }) {
  const { language } = useSpeech();
  return (
    <div className="ticket">
      <p className="ticket-time">
        {dayName(offer.day, language)} {showDate(offer.day)}, <span className="digits">{showMinute(offer.minute)}</span>
      </p>
      <p>
        <strong>{offer.whoName}</strong>
      </p>
      <p className="soft">{[offer.serviceName, offer.whereName].filter(Boolean).join(' · ')}</p>
    </div>
  );
}

interface ConfirmProps {
  offer: Offer;
  session: Session | null;
  onBack: () => void;
  onDone: (starts: string[], pending: boolean) => void;
  onSignIn?: () => void;
}

function Confirm({ offer, session, onBack, onDone, onSignIn }: ConfirmProps) {
  const { t } = useSpeech();
  const [reason, setReason] = useState('');
  const people = useActsFor(session);
  const [chosen, setChosen] = useState('');
  const whom = chosen || people[0]?.reference || session?.reference || '';
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<string | null>(null);
  const [count, setCount] = useState(1);
  const [weeks, setWeeks] = useState(1);
  const [mixed, setMixed] = useState<{ starts: string[]; others: Instead[] } | null>(null);
  const single = choice.moving !== null || count === 1;
  const change = (put: () => void) => {
    setMixed(null);
    setTrouble(null);
    put();
  };

  async function confirm(list?: string[]) {
    if (!session || busy) return;
    setBusy(true);
    setTrouble(null);
    const starts = list ?? (single ? [offer.start] : seriesOf(offer, count, weeks));
    try {
      const hour = { practitioner: offer.who, service: offer.service || undefined, location: offer.where || undefined, start: starts };
      const made = choice.moving
        ? await act<FhirResource>(`Appointment/${choice.moving.id}/$reschedule`, { ...hour, scope: 'this' })
        : await act<FhirResource>('Appointment/$book', { ...hour, patient: whom || undefined, comment: reason.trim() || undefined });
      choice.moving = null;
      refresh((key) => key.startsWith('offers ') || key.startsWith('mine '));
      const [first] = made?.resourceType === 'Appointment' ? [made] : members<Appointment>(made, 'Appointment');
      onDone(starts, first?.status === 'pending');
    } catch (error) {
      const { kind } = Failure.from(error);
      const others = starts.length > 1 && kind === 'conflict' ? insteadOf(error, starts) : [];
      setMixed(others.length > 0 ? { starts, others } : null);
      const notHere = choice.moving ? t.visits.tooLate : t.door.refused;
      const said: Record<string, string> = { conflict: t.calendar.justTaken, offline: t.failures.offline, refused: notHere, forbidden: notHere };
      if (others.length === 0) setTrouble(said[kind] ?? t.app.notDone);
      if (kind === 'conflict') refresh((key) => key.startsWith('offers '));
    } finally {
      setBusy(false);
    }
  }

  return (
    <div className="page door">
      <h1>{t.door.confirmTitle}</h1>
      <Card offer={offer} />
      {people.length > 1 && !choice.moving ? <SelectField label={t.visits.forWhom} value={whom} onChange={setChosen} options={people.map((each) => ({ value: each.reference, text: each.name }))} /> : null}
      {session && !choice.moving ? <InputField label={t.door.reason} value={reason} onChange={setReason} help={t.door.reasonHelp} /> : null}
      {session && !choice.moving && offer.series > 1 ? <Sessions offer={offer} count={count} weeks={weeks} onCount={(next) => change(() => setCount(next))} onWeeks={(next) => change(() => setWeeks(next))} /> : null}
      {session ? null : <p>{t.door.signInFirst}</p>}
      {mixed ? <Mixed others={mixed.others} of={mixed.starts.length} busy={busy} onTake={() => void confirm(mixedOf(mixed.starts, mixed.others))} /> : null}
      {trouble ? <p role="alert" className="field-error">{trouble}</p> : null}
      <div className="door-acts">
        {session && mixed ? null : session ? (
          <Button kind="primary" wide busy={busy} onClick={() => void confirm()}>
            {single ? t.door.confirm : t.door.confirmAll(count)}
          </Button>
        ) : (
          <Button kind="primary" wide {...(onSignIn ? { onClick: onSignIn } : {})}>
            {t.signIn.submit}
          </Button>
        )}
        <Button wide onClick={onBack}>
          {t.door.otherTime}
        </Button>
      </div>
    </div>
  );
}

/* So many of them, and how often: what a prescription says. */
function Sessions({ offer, count, weeks, onCount, onWeeks }: { offer: Offer; count: number; weeks: number; onCount: (count: number) => void; onWeeks: (weeks: number) => void }) {
  const { t, language } = useSpeech();
  const last = seriesOf(offer, count, weeks).at(-1) ?? offer.start;
  return (
    <div className="field-row sessions">
      <SelectField label={t.door.sessions} value={String(count)} onChange={(next) => onCount(Number(next))} options={Array.from({ length: offer.series }, (_, at) => ({ value: String(at + 1), text: at === 0 ? t.door.oneSession : String(at + 1) }))} />
      {count > 1 ? <SelectField label={t.door.rhythm} value={String(weeks)} onChange={(next) => onWeeks(Number(next))} options={[1, 2, 3, 4].map((each) => ({ value: String(each), text: t.door.everyWeeks(each) }))} /> : null}
      {count > 1 ? (
        <p className="field-help" role="status">
          {t.door.untilThen(`${dayName(dayOf(last), language)} ${showDate(last)}, ${showMinute(minuteOf(last))}`)}
        </p>
      ) : null}
    </div>
  );
}

function Done({ offer, starts, asks, onAgain }: { offer: Offer; starts: string[]; asks: boolean; onAgain: () => void }) {
  const { t, language } = useSpeech();
  return (
    <div className="page door" role="status">
      <h1>
        <Icon name="check" size={28} /> {asks ? t.door.asked : t.door.done}
      </h1>
      <Card offer={starts.length > 1 ? { ...offer, day: dayOf(starts[0] ?? offer.start), minute: minuteOf(starts[0] ?? offer.start) } : offer} />
      {starts.length > 1 ? (
        <ol className="session-list">
          {starts.map((each) => (
            <li key={each} className="digits">
              {dayName(dayOf(each), language, 'short')} {showDate(each)}, {showMinute(minuteOf(each))}
            </li>
          ))}
        </ol>
      ) : null}
      <p>{asks ? t.door.askedHelp : t.door.doneHelp}</p>
      <div className="door-acts">
        <Button
          kind="primary"
          wide
          onClick={() => {
            onAgain();
            go('/');
          }}
        >
          {t.door.toMine}
        </Button>
        <Button wide onClick={onAgain}>
          {t.door.another}
        </Button>
      </div>
    </div>
  );
}
