/* Shows that somebody is who he is: a passkey, a code, a recovery code, or the password, of those
 * that are wanted. The same form behind a password, over a locked page, and for a step up. */
import { useEffect, useRef, useState } from 'react';
import { useText } from '../i18n';
import { Button, Icon, PasswordField, TextField } from '../ui';
import { showCard, useCardOffered } from './card';
import { passkeysWork } from './passkey';
import type { Wanted } from './session';
import { clockOf, TroubleNote, troubleOf, useWait, type Trouble } from './trouble';

export type Shown = { password: string } | { code: string } | { passkey: true } | { card: string };
type Mode = 'password' | 'totp' | 'recovery' | 'passkey' | 'card';

function firstMode({ factors }: Wanted): Mode {
  if (factors.includes('password')) return 'password';
  if (factors.includes('passkey') && passkeysWork) return 'passkey';
  if (factors.includes('totp')) return 'totp';
  return factors.includes('card') ? 'card' : 'recovery';
}

export function Prove({ wanted, submit, wrong, onShow }: { wanted: Wanted; submit: string; wrong: string; onShow: (shown: Shown) => Promise<void> }) {
  const t = useText();
  const [mode, setMode] = useState<Mode>(() => firstMode(wanted));
  const [text, setText] = useState('');
  const [visible, setVisible] = useState(false);
  const [busy, setBusy] = useState(false);
  const [missing, setMissing] = useState(false);
  const [trouble, setTrouble] = useState<Trouble>(null);
  const field = useRef<HTMLInputElement>(null);
  const left = useWait(trouble);
  const has = (way: Mode) => wanted.factors.includes(way);
  const withPasskey = has('passkey') && passkeysWork;
  const offered = useCardOffered();
  const withCard = has('card') && offered;

  useEffect(() => {
    if (mode !== 'passkey' && mode !== 'card') field.current?.focus();
  }, [mode]);

  function change(to: Mode) {
    setMode(to);
    setText('');
    setMissing(false);
    setTrouble(null);
  }

  async function show(given: Shown | (() => Promise<Shown>)) {
    if (busy || left > 0) return;
    setBusy(true);
    setTrouble(null);
    try {
      await onShow(typeof given === 'function' ? await given() : given);
    } catch (error) {
      setTrouble(troubleOf(error));
      field.current?.focus();
      field.current?.select();
    } finally {
      setBusy(false);
    }
  }

  const card = async () => ({ card: await showCard('prove') });

  function send() {
    if (mode === 'passkey') return void show({ passkey: true });
    if (mode === 'card') return void show(card);
    setMissing(text.trim() === '');
    if (text.trim() === '') return field.current?.focus();
    void show(mode === 'password' ? { password: text } : { code: text.trim() });
  }

  const button =
    left > 0 ? t.signIn.wait(clockOf(left)) : mode === 'passkey' ? t.prove.usePasskey : mode === 'card' ? t.card.show : submit;
  return (
    <form
      className="signin-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {mode === 'password' ? (
        <PasswordField
          label={t.signIn.password}
          name="password"
          autoComplete="current-password"
          value={text}
          onChange={setText}
          inputRef={field}
          visible={visible}
          onVisible={setVisible}
          show={t.signIn.show}
          hide={t.signIn.hide}
          error={missing ? t.signIn.needPassword : null}
        />
      ) : null}
      {mode === 'totp' || mode === 'recovery' ? (
        <>
          <TextField
            label={mode === 'totp' ? t.prove.code : t.prove.recovery}
            name="code"
            autoComplete={mode === 'totp' ? 'one-time-code' : 'off'}
            inputMode={mode === 'totp' ? 'numeric' : 'text'}
            value={text}
            onChange={setText}
            inputRef={field}
            error={missing ? t.prove.needCode : null}
          />
          <p className="soft">{mode === 'totp' ? t.prove.codeHelp : t.prove.recoveryHelp}</p>
        </>
      ) : null}
      <TroubleNote trouble={trouble} left={left} wrong={wrong} />
      <Button kind="primary" submit wide busy={busy} disabled={left > 0} icon={mode === 'passkey' ? <Icon name="key" /> : undefined}>
        {button}
      </Button>
      <div className="ways">
        {mode !== 'passkey' && withPasskey ? (
          <Button kind="quiet" wide onClick={() => void show({ passkey: true })} icon={<Icon name="key" />}>
            {t.prove.usePasskey}
          </Button>
        ) : null}
        {mode !== 'card' && withCard ? (
          <Button kind="quiet" wide onClick={() => void show(card)} icon={<Icon name="key" />}>
            {t.card.show}
          </Button>
        ) : null}
        {mode !== 'password' && has('password') ? (
          <Button kind="plain" onClick={() => change('password')}>
            {t.prove.usePassword}
          </Button>
        ) : null}
        {mode !== 'totp' && has('totp') ? (
          <Button kind="plain" onClick={() => change('totp')}>
            {t.prove.useCode}
          </Button>
        ) : null}
        {mode !== 'recovery' && has('recovery') ? (
          <Button kind="plain" onClick={() => change('recovery')}>
            {t.prove.useRecovery}
          </Button>
        ) : null}
      </div>
    </form>
  );
}
