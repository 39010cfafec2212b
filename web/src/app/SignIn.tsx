/* The same form twice: as the first page, and as the lock that comes over the page when a session
 * has ended. Over the page the name is that of the person who was signed in; a session that only
 * rests is unlocked, one that is over is begun anew. */
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { useText } from '../i18n';
import { Button, Icon, Mark, PasswordField, TextField } from '../ui';
import { Forgotten } from './Forgotten';
import { LanguageMenu } from './LanguageMenu';
import { showCard, useCardOffered } from './card';
import { passkeysWork } from './passkey';
import { ProviderButtons } from './providers';
import { Prove } from './Prove';
import {
  askStepUp,
  leave,
  signIn,
  signInByPasskeyAlone,
  signInWith,
  signInWithCard,
  unlock,
  type LockReason,
  type Session,
  type Wanted,
} from './session';
import { clockOf, TroubleNote, troubleOf, useWait, type Trouble } from './trouble';

function PasswordForm({ locked, onWanted, onForgotten }: { locked: Session | null; onWanted: (wanted: Wanted) => void; onForgotten?: () => void }) {
  const t = useText();
  const [user, setUser] = useState(locked?.user ?? '');
  const [password, setPassword] = useState('');
  const [visible, setVisible] = useState(false);
  const [busy, setBusy] = useState(false);
  const [missing, setMissing] = useState<'user' | 'password' | null>(null);
  const [trouble, setTrouble] = useState<Trouble>(null);
  const userField = useRef<HTMLInputElement>(null);
  const passwordField = useRef<HTMLInputElement>(null);
  const left = useWait(trouble);
  const waiting = left > 0;
  const cards = useCardOffered();
  const [wrong, setWrong] = useState('');

  useEffect(() => {
    (locked ? passwordField : userField).current?.focus();
  }, [locked]);

  async function run(work: () => Promise<Wanted | null | void>, again: HTMLInputElement | null, ifWrong: string = t.signIn.wrong) {
    setBusy(true);
    setWrong(ifWrong);
    setTrouble(null);
    try {
      const wanted = await work();
      if (wanted) onWanted(wanted);
    } catch (error) {
      setTrouble(troubleOf(error));
      again?.focus();
      again?.select();
    } finally {
      setBusy(false);
    }
  }

  async function submit() {
    if (busy || waiting) return;
    const gap = user.trim() === '' ? 'user' : password === '' ? 'password' : null;
    setMissing(gap);
    if (gap) {
      (gap === 'user' ? userField : passwordField).current?.focus();
      return;
    }
    await run(() => signIn(user.trim(), password), passwordField.current);
  }

  return (
    <form
      className="signin-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <TextField
        label={t.signIn.user}
        name="username"
        autoComplete="username webauthn"
        value={user}
        onChange={setUser}
        inputRef={userField}
        readOnly={locked !== null}
        error={missing === 'user' ? t.signIn.needUser : null}
      />
      <PasswordField
        label={t.signIn.password}
        name="password"
        autoComplete="current-password"
        value={password}
        onChange={setPassword}
        inputRef={passwordField}
        visible={visible}
        onVisible={setVisible}
        show={t.signIn.show}
        hide={t.signIn.hide}
        error={missing === 'password' ? t.signIn.needPassword : null}
      />
      <TroubleNote trouble={trouble} left={left} wrong={wrong} />
      <Button kind="primary" submit wide busy={busy} disabled={waiting}>
        {waiting ? t.signIn.wait(clockOf(left)) : locked ? t.signIn.unlock : t.signIn.submit}
      </Button>
      {onForgotten ? (
        <div className="ways">
          {passkeysWork ? (
            <Button kind="quiet" wide disabled={busy || waiting} onClick={() => void run(signInByPasskeyAlone, userField.current)} icon={<Icon name="key" />}>
              {t.prove.usePasskey}
            </Button>
          ) : null}
          {cards ? (
            <Button
              kind="quiet"
              wide
              disabled={busy || waiting}
              onClick={() => void run(async () => signInWithCard(await showCard('sign-in')), userField.current, t.card.nobody)}
              icon={<Icon name="key" />}
            >
              {t.card.show}
            </Button>
          ) : null}
          <Button kind="plain" onClick={onForgotten}>
            {t.welcome.forgotten}
          </Button>
        </div>
      ) : null}
    </form>
  );
}

/* What is wanted besides the password. */
export function SecondStep({ wanted, onAgain, onDone }: { wanted: Wanted; onAgain: () => void; onDone?: () => void }) {
  const t = useText();
  return (
    <>
      <p className="lead">{t.prove.help}</p>
      <Prove
        wanted={wanted}
        submit={t.prove.go}
        wrong={t.prove.wrong}
        onShow={async (shown) => {
          await signInWith(wanted, shown);
          onDone?.();
        }}
      />
      <p className="lock-other">
        <Button kind="plain" onClick={onAgain}>
          {t.prove.again}
        </Button>
      </p>
    </>
  );
}

/* A page before anybody is in: the laurel at its side. */
export function DoorPage({ title, wide, children }: { title: string; wide?: boolean; children: ReactNode }) {
  useEffect(() => {
    document.title = `${title} – Aceso`;
  }, [title]);
  return (
    <div className="signin">
      <div className="signin-side" aria-hidden="true">
        <Laurel />
      </div>
      <main className="signin-main" id="content">
        <div className="signin-language">
          <LanguageMenu />
        </div>
        <div className={wide ? 'signin-box signin-wide' : 'signin-box'}>{children}</div>
      </main>
    </div>
  );
}

export function Wordmark() {
  return (
    <p className="wordmark">
      <Mark size={44} /> Aceso
    </p>
  );
}

export function SignInPage() {
  const t = useText();
  const [wanted, setWanted] = useState<Wanted | null>(null);
  const [forgotten, setForgotten] = useState(false);
  return (
    <DoorPage title={t.signIn.title}>
      <Wordmark />
      <p className="motto">{t.signIn.motto}</p>
      {forgotten ? (
        <Forgotten onBack={() => setForgotten(false)} />
      ) : (
        <>
          <h1>{wanted ? t.prove.title : t.signIn.title}</h1>
          {wanted ? (
            <SecondStep wanted={wanted} onAgain={() => setWanted(null)} />
          ) : (
            <>
              <PasswordForm locked={null} onWanted={setWanted} onForgotten={() => setForgotten(true)} />
              <ProviderButtons />
            </>
          )}
        </>
      )}
    </DoorPage>
  );
}

/* A session that only rests is asked what would unlock it; one that is over has no answer. */
function useUnlocking(): Wanted | null {
  const [wanted, setWanted] = useState<Wanted | null>(null);
  useEffect(() => {
    let gone = false;
    askStepUp()
      .then((each) => {
        if (!gone) setWanted(each);
      })
      .catch(() => undefined);
    return () => {
      gone = true;
    };
  }, []);
  return wanted;
}

export function Lock({ session, why }: { session: Session; why: LockReason }) {
  const t = useText();
  const box = useRef<HTMLDivElement>(null);
  const resting = useUnlocking();
  const [wanted, setWanted] = useState<Wanted | null>(null);
  /* The page behind is inert, so the keyboard cannot leave; the focus goes back where it was. */
  useEffect(() => {
    const before = document.activeElement instanceof HTMLElement ? document.activeElement : null;
    const title = document.title;
    document.title = 'Aceso';
    return () => {
      document.title = title;
      window.setTimeout(() => before?.focus(), 0);
    };
  }, []);
  const idle = why === 'idle' || resting !== null;
  return (
    <div className="lock" ref={box} role="dialog" aria-modal="true" aria-labelledby="lock-title" aria-describedby="lock-help">
      <div className="signin-box lock-box">
        <p className="lock-icon">
          <Icon name="lock" size={26} />
        </p>
        <h1 id="lock-title">{idle ? t.signIn.idleTitle : t.signIn.endedTitle}</h1>
        <p id="lock-help">{idle ? t.signIn.idleHelp : t.signIn.endedHelp}</p>
        <p className="lock-who">{session.display}</p>
        {wanted ? <SecondStep wanted={wanted} onAgain={() => setWanted(null)} /> : null}
        {!wanted && resting ? (
          <Prove wanted={resting} submit={t.signIn.unlock} wrong={t.signIn.wrong} onShow={(shown) => unlock(resting, shown)} />
        ) : null}
        {!wanted && !resting ? <PasswordForm locked={session} onWanted={setWanted} /> : null}
        <p className="lock-other">
          <Button kind="plain" onClick={leave}>
            {t.signIn.other}
          </Button>
          <span className="soft">{t.signIn.otherHelp}</span>
        </p>
      </div>
    </div>
  );
}

/* A branch of laurel, drawn from one leaf. */
function Laurel() {
  const leaves = Array.from({ length: 9 }, (_, at) => at);
  return (
    <svg viewBox="0 0 400 800" preserveAspectRatio="xMidYMid slice" className="laurel" focusable="false">
      <path d="M200 830C150 640 150 420 236 110" className="laurel-stem" />
      {leaves.map((at) => {
        const share = at / 8;
        const x = 196 - Math.sin(share * 2.400) * 34 + share * share * 40;
        const y = 720 - share * 570;
        const size = 1.250 - share * 0.550;
        return (
          <g key={at} transform={`translate(${x} ${y}) scale(${size})`}>
            <path transform="rotate(-44)" d="M0 0C26-34 86-40 128-6 88 24 30 28 0 0Z" className={at % 3 === 1 ? 'leaf leaf-gold' : 'leaf'} />
            <path transform="translate(0 -34) rotate(-128) scale(1 -1)" d="M0 0C26-34 86-40 128-6 88 24 30 28 0 0Z" className="leaf leaf-line" />
          </g>
        );
      })}
    </svg>
  );
}
