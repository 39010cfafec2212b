/* The same form twice: as the first page, and as the lock that comes over the page when a session
 * has ended. Over the page the name is that of the person who was signed in. */
import { useEffect, useRef, useState } from 'react';
import { Failure } from '../fhir/failure';
import { useText } from '../i18n';
import { showTime } from '../i18n/format';
import { Button, Icon, Mark, PasswordField, TextField } from '../ui';
import { LanguageMenu } from './LanguageMenu';
import { leave, signIn, type LockReason, type Session } from './session';

type Trouble = { kind: 'wrong' | 'offline' | 'failed' } | { kind: 'wait'; until: number } | null;

function troubleOf(error: unknown): Trouble {
  const failure = Failure.from(error);
  if (failure.kind === 'wrongPassword') return { kind: 'wrong' };
  if (failure.kind === 'lockedOut') return { kind: 'wait', until: Date.now() + (failure.retryAfterSeconds ?? 60) * 1000 };
  if (failure.kind === 'offline') return { kind: 'offline' };
  return { kind: 'failed' };
}

function useSecondsLeft(until: number | null): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (until === null) return;
    setNow(Date.now());
    const timer = window.setInterval(() => setNow(Date.now()), 500);
    return () => window.clearInterval(timer);
  }, [until]);
  return until === null ? 0 : Math.max(0, Math.ceil((until - now) / 1000));
}

function SignInForm({ locked }: { locked: Session | null }) {
  const t = useText();
  const [user, setUser] = useState(locked?.user ?? '');
  const [password, setPassword] = useState('');
  const [visible, setVisible] = useState(false);
  const [busy, setBusy] = useState(false);
  const [missing, setMissing] = useState<'user' | 'password' | null>(null);
  const [trouble, setTrouble] = useState<Trouble>(null);
  const userField = useRef<HTMLInputElement>(null);
  const passwordField = useRef<HTMLInputElement>(null);
  const left = useSecondsLeft(trouble?.kind === 'wait' ? trouble.until : null);
  const waiting = trouble?.kind === 'wait' && left > 0;

  useEffect(() => {
    (locked ? passwordField : userField).current?.focus();
  }, [locked]);

  async function submit() {
    if (busy || waiting) return;
    const gap = user.trim() === '' ? 'user' : password === '' ? 'password' : null;
    setMissing(gap);
    if (gap) {
      (gap === 'user' ? userField : passwordField).current?.focus();
      return;
    }
    setBusy(true);
    try {
      await signIn(user.trim(), password);
    } catch (error) {
      setTrouble(troubleOf(error));
      passwordField.current?.focus();
      passwordField.current?.select();
    } finally {
      setBusy(false);
    }
  }

  const time = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`;
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
        autoComplete="username"
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
      <div role="alert" className="signin-trouble">
        {trouble && (trouble.kind !== 'wait' || waiting) ? (
          <p data-trouble={trouble.kind}>
            <Icon name={trouble.kind === 'offline' ? 'cloudOff' : 'alert'} />
            <span>
              {trouble.kind === 'wrong' ? t.signIn.wrong : null}
              {trouble.kind === 'offline' ? t.signIn.offline : null}
              {trouble.kind === 'failed' ? t.signIn.failed : null}
              {trouble.kind === 'wait' ? t.signIn.lockedOut(showTime(new Date(trouble.until).toISOString())) : null}
            </span>
          </p>
        ) : null}
      </div>
      <Button kind="primary" submit wide busy={busy} disabled={waiting}>
        {waiting ? t.signIn.wait(time) : locked ? t.signIn.unlock : t.signIn.submit}
      </Button>
    </form>
  );
}

export function SignInPage() {
  const t = useText();
  useEffect(() => {
    document.title = `${t.signIn.title} – Aceso`;
  }, [t]);
  return (
    <div className="signin">
      <div className="signin-side" aria-hidden="true">
        <Laurel />
      </div>
      <main className="signin-main" id="content">
        <div className="signin-language">
          <LanguageMenu />
        </div>
        <div className="signin-box">
          <p className="wordmark">
            <Mark size={44} /> Aceso
          </p>
          <p className="motto">{t.signIn.motto}</p>
          <h1>{t.signIn.title}</h1>
          <SignInForm locked={null} />
        </div>
      </main>
    </div>
  );
}

export function Lock({ session, why }: { session: Session; why: LockReason }) {
  const t = useText();
  const box = useRef<HTMLDivElement>(null);
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
  return (
    <div className="lock" ref={box} role="dialog" aria-modal="true" aria-labelledby="lock-title" aria-describedby="lock-help">
      <div className="signin-box lock-box">
        <p className="lock-icon">
          <Icon name="lock" size={26} />
        </p>
        <h1 id="lock-title">{why === 'idle' ? t.signIn.idleTitle : t.signIn.endedTitle}</h1>
        <p id="lock-help">{why === 'idle' ? t.signIn.idleHelp : t.signIn.endedHelp}</p>
        <p className="lock-who">{session.display}</p>
        <SignInForm locked={session} />
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
