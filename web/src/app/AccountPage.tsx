/* One's own account: second factors, recovery codes, and where one is signed in. */
import { useCallback, useEffect, useState } from 'react';
import { Failure } from '../fhir/failure';
import { useText } from '../i18n';
import { showDate, showDateTime } from '../i18n/format';
import { Button, FailureNote, Loading, Panel } from '../ui';
import { CalendarFeed } from './CalendarFeed';
import { CardSetup, PasskeySetup, RecoveryCodes, TotpSetup, useWork } from './factors';
import { IdentitiesPanel } from './providers';
import { get, leave, send, type Session } from './session';
import { useStepUp } from './StepUp';
import { TroubleNote } from './trouble';

interface Factors {
  totp: boolean;
  card: boolean;
  recovery: number;
  required: boolean;
  passkeys: { id: string; name: string; created: string; used?: string }[];
}

interface OpenSession {
  id: string;
  device: string;
  address: string;
  created: string;
  seen: string;
  current: boolean;
  locked: boolean;
}

function useTold<T>(path: string): { told: T | null; failure: Failure | null; again: () => void } {
  const [told, setTold] = useState<T | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const again = useCallback(() => {
    setFailure(null);
    get<T>(path)
      .then(setTold)
      .catch((error: unknown) => setFailure(Failure.from(error)));
  }, [path]);
  useEffect(again, [again]);
  return { told, failure, again };
}

export default function AccountPage({ session }: { session: Session }) {
  const t = useText();
  useEffect(() => {
    document.title = `${t.mine.title} – Aceso`;
  }, [t]);
  return (
    <div className="page">
      <h1>{t.mine.title}</h1>
      <p className="lead">
        {session.display} · {session.user}
      </p>
      <FactorsPanel />
      <IdentitiesPanel />
      {session.reference?.startsWith('Practitioner/') ? <CalendarFeed reference={session.reference} /> : null}
      <SessionsPanel />
    </div>
  );
}

function FactorsPanel() {
  const t = useText();
  const stepUp = useStepUp();
  const { told, failure, again } = useTold<Factors>('/auth/factors');
  const [codes, setCodes] = useState<string[] | null>(null);
  const { busy, trouble, run } = useWork();

  const act = (path: string, body: object = {}) =>
    void run(async () => {
      await stepUp(() => send(path, body));
      again();
    });
  const renew = () =>
    void run(async () => {
      const made = (await (await stepUp(() => send('/auth/recovery'))).json()) as { codes: string[] };
      setCodes(made.codes);
      again();
    });
  const made = (each: string[]) => {
    if (each.length > 0) setCodes(each);
    again();
  };

  return (
    <Panel title={t.mine.factors}>
      {failure ? <FailureNote failure={failure} retry={again} /> : null}
      {!told && !failure ? <Loading rows={4} /> : null}
      {codes ? <RecoveryCodes codes={codes} onKept={() => setCodes(null)} /> : null}
      {told ? (
        <>
          <ul className="rows">
            <li>
              <span>{told.totp ? t.mine.totpOn : t.mine.totpOff}</span>
              {told.totp ? (
                <Button kind="plain" label={t.mine.removeNamed(t.enrol.totp)} onClick={() => act('/auth/totp/remove')}>
                  {t.mine.remove}
                </Button>
              ) : null}
            </li>
            {told.card ? (
              <li>
                <span>{t.card.linked}</span>
                <Button kind="plain" label={t.mine.removeNamed(t.card.title)} onClick={() => act('/auth/card/remove')}>
                  {t.mine.remove}
                </Button>
              </li>
            ) : null}
            {told.passkeys.map((each) => (
              <li key={each.id}>
                <span>
                  <strong>{each.name}</strong>{' '}
                  <span className="soft">
                    {t.mine.made(showDate(each.created))}
                    {each.used ? `, ${t.mine.used(showDate(each.used))}` : ''}
                  </span>
                </span>
                <Button kind="plain" label={t.mine.removeNamed(each.name)} onClick={() => act('/auth/passkeys/remove', { id: each.id })}>
                  {t.mine.remove}
                </Button>
              </li>
            ))}
            {told.passkeys.length === 0 ? <li>{t.mine.noPasskeys}</li> : null}
            {told.totp || told.card || told.passkeys.length > 0 ? (
              <li>
                <span>{t.mine.codesLeft(told.recovery)}</span>
                <Button kind="plain" busy={busy} onClick={renew}>
                  {t.mine.renew}
                </Button>
              </li>
            ) : null}
          </ul>
          <TroubleNote trouble={trouble} left={0} wrong={t.signIn.failed} refused={t.mine.lastFactor} />
          <PasskeySetup level={3} onMade={made} />
          {told.totp ? null : <TotpSetup level={3} onMade={made} />}
          {told.card ? null : <CardSetup level={3} onMade={made} />}
        </>
      ) : null}
    </Panel>
  );
}

function SessionsPanel() {
  const t = useText();
  const { told, failure, again } = useTold<{ sessions: OpenSession[] }>('/auth/sessions');
  const { busy, trouble, run } = useWork();
  const sessions = [...(told?.sessions ?? [])].sort((a, b) => Number(b.current) - Number(a.current) || b.seen.localeCompare(a.seen));
  const nameOf = (each: OpenSession) => each.device || t.mine.unknownDevice;

  const end = (each: OpenSession) =>
    void run(async () => {
      await send('/auth/sessions/end', { id: each.id });
      if (each.current) leave();
      else again();
    });
  const endAll = () =>
    void run(async () => {
      await send('/auth/sessions/end', { all: true });
      leave();
    });

  return (
    <Panel title={t.mine.sessions} count={told ? sessions.length : undefined}>
      {failure ? <FailureNote failure={failure} retry={again} /> : null}
      {!told && !failure ? <Loading rows={3} /> : null}
      <ul className="rows">
        {sessions.map((each) => (
          <li key={each.id}>
            <span>
              <strong>{nameOf(each)}</strong>
              {each.current ? <span className="tag">{t.mine.here}</span> : null}
              {each.locked ? <span className="tag">{t.mine.isLocked}</span> : null}
              <br />
              <span className="soft">
                {[t.mine.since(showDateTime(each.created)), t.mine.seen(showDateTime(each.seen)), each.address ? t.mine.from(each.address) : '']
                  .filter(Boolean)
                  .join(', ')}
              </span>
            </span>
            <Button kind="plain" label={t.mine.endNamed(nameOf(each))} onClick={() => end(each)}>
              {t.mine.end}
            </Button>
          </li>
        ))}
      </ul>
      <TroubleNote trouble={trouble} left={0} wrong={t.signIn.failed} />
      <div className="rows-end">
        <Button busy={busy} onClick={endAll}>
          {t.mine.endAll}
        </Button>
      </div>
    </Panel>
  );
}
