/* Signing in somewhere else: the buttons, the page that one comes back to, and what is connected to
 * one's account. The ticket of a trip stays in this tab; what the provider adds to
 * the address is worth nothing without it, and leaves the address at once. */
import { useCallback, useEffect, useRef, useState } from 'react';
import { Failure } from '../fhir/failure';
import { useText } from '../i18n';
import { showDate } from '../i18n/format';
import { Button, FailureNote, Icon, Loading, Panel } from '../ui';
import { useWork } from './factors';
import { go, routeOf } from './router';
import { get, keepTrip, linkProvider, providers, send, signInByProvider, takeTrip, type Provider, type Trip, type Wanted } from './session';
import { DoorPage, SecondStep, Wordmark } from './SignIn';
import { useStepUp } from './StepUp';
import { TroubleNote, troubleOf, type Trouble } from './trouble';

interface Identity extends Provider {
  provider: string;
  created: string;
}

function useProviders(): Provider[] {
  const [all, setAll] = useState<Provider[]>([]);
  useEffect(() => {
    let gone = false;
    void providers().then((told) => {
      if (!gone) setAll(told);
    });
    return () => {
      gone = true;
    };
  }, []);
  return all;
}

async function leaveFor(provider: string, purpose: Trip['purpose'], back: string, path: string): Promise<void> {
  const begun = (await (await send(path, { provider })).json()) as { redirect: string; ticket: string };
  keepTrip({ provider, ticket: begun.ticket, purpose, back });
  window.location.assign(begun.redirect);
}

export function ProviderButtons() {
  const t = useText();
  const all = useProviders();
  const { busy, trouble, run } = useWork();
  if (all.length === 0) return null;
  const here = window.location.pathname + window.location.search;
  return (
    <div className="ways">
      {all.map((each) => (
        <Button
          key={each.id}
          kind="quiet"
          wide
          disabled={busy}
          onClick={() => void run(() => leaveFor(each.id, 'sign-in', here, '/auth/provider/begin'))}
          icon={<Icon name="key" />}
        >
          {t.others.signIn(each.name)}
        </Button>
      ))}
      <TroubleNote trouble={trouble} left={0} wrong={t.others.away} refused={t.others.away} />
    </div>
  );
}

/* ---- back ---- */

interface Back {
  trip: Trip | null;
  code: string;
  state: string;
  iss: string;
}

/* Taken once: neither the address bar nor the tab keeps it. */
function takeBack(provider: string): Back {
  const said = new URLSearchParams(window.location.search);
  const kept = takeTrip();
  const trip = kept?.provider === provider ? kept : null;
  return { trip, code: said.get('code') ?? '', state: said.get('state') ?? '', iss: said.get('iss') ?? '' };
}

const own = (path: string) => (path.startsWith('/') && !path.startsWith('//') && routeOf(path).page !== 'provider' ? path : '/');

export function ProviderPage({ provider }: { provider: string }) {
  const t = useText();
  const [back] = useState(() => takeBack(provider));
  const [wanted, setWanted] = useState<Wanted | null>(null);
  const [trouble, setTrouble] = useState<Trouble>(null);
  const begun = useRef(false);
  const done = useCallback(() => go(own(back.trip?.back ?? '/')), [back]);

  useEffect(() => {
    if (begun.current) return;
    begun.current = true;
    window.history.replaceState(null, '', window.location.pathname);
    const { trip, ...said } = back;
    if (!trip || said.code === '') {
      setTrouble({ kind: 'refused' });
      return;
    }
    const shown = { ...said, provider, ticket: trip.ticket };
    const work = trip.purpose === 'link' ? linkProvider(shown).then(() => null) : signInByProvider(shown);
    work
      .then((more) => {
        if (more) setWanted(more);
        else done();
      })
      .catch((error: unknown) => {
        const kind = Failure.from(error).kind;
        setTrouble(kind === 'wrongPassword' || kind === 'stepUp' ? { kind: 'refused' } : troubleOf(error));
      });
  }, [back, done, provider]);

  const title = wanted ? t.prove.title : t.signIn.title;
  return (
    <DoorPage title={title}>
      <Wordmark />
      <p className="motto">{t.signIn.motto}</p>
      <h1>{title}</h1>
      {!wanted && !trouble ? <Loading rows={2} /> : null}
      {wanted ? <SecondStep wanted={wanted} onAgain={done} onDone={done} /> : null}
      {trouble ? (
        <>
          <TroubleNote trouble={trouble} left={1} wrong={t.others.failed} refused={t.others.failed} />
          <p>{t.others.failedHelp}</p>
          <Button onClick={done}>{t.app.retry}</Button>
        </>
      ) : null}
    </DoorPage>
  );
}

/* ---- one's own ---- */

export function IdentitiesPanel() {
  const t = useText();
  const stepUp = useStepUp();
  const all = useProviders();
  const [told, setTold] = useState<Identity[] | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const { busy, trouble, run } = useWork();
  const again = useCallback(() => {
    setFailure(null);
    get<{ identities: Identity[] }>('/auth/identities')
      .then((answer) => setTold(answer.identities))
      .catch((error: unknown) => setFailure(Failure.from(error)));
  }, []);
  useEffect(again, [again]);

  if (all.length === 0 && (told ?? []).length === 0) return null;
  const remove = (each: Identity) =>
    void run(async () => {
      await stepUp(() => send('/auth/identities/remove', { id: each.id }));
      again();
    });
  return (
    <Panel title={t.others.title}>
      <p className="lead">{t.others.help}</p>
      {failure ? <FailureNote failure={failure} retry={again} /> : null}
      <ul className="rows">
        {(told ?? []).map((each) => (
          <li key={each.id}>
            <span>
              <strong>{each.name}</strong> <span className="soft">{t.mine.made(showDate(each.created))}</span>
            </span>
            <Button kind="plain" busy={busy} label={t.mine.removeNamed(each.name)} onClick={() => remove(each)}>
              {t.mine.remove}
            </Button>
          </li>
        ))}
        {told?.length === 0 ? <li>{t.others.none}</li> : null}
      </ul>
      <TroubleNote trouble={trouble} left={0} wrong={t.others.away} refused={t.others.only} />
      <div className="ways">
        {all.map((each) => (
          <Button
            key={each.id}
            busy={busy}
            onClick={() => void run(() => stepUp(() => leaveFor(each.id, 'link', '/account', '/auth/provider/link/begin')))}
            icon={<Icon name="key" />}
          >
            {t.others.connect(each.name)}
          </Button>
        ))}
      </div>
    </Panel>
  );
}
