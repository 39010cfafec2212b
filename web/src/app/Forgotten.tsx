/* Somebody has forgotten his password. What is said does not depend on whether he has an account. */
import { useEffect, useRef, useState } from 'react';
import { useText } from '../i18n';
import { Button, Note, TextField } from '../ui';
import { askForLink } from './session';
import { TroubleNote, troubleOf, useWait, type Trouble } from './trouble';

export function Forgotten({ onBack }: { onBack: () => void }) {
  const t = useText();
  const [user, setUser] = useState('');
  const [busy, setBusy] = useState(false);
  const [sent, setSent] = useState(false);
  const [missing, setMissing] = useState(false);
  const [trouble, setTrouble] = useState<Trouble>(null);
  const field = useRef<HTMLInputElement>(null);
  const left = useWait(trouble);

  useEffect(() => field.current?.focus(), []);

  async function send() {
    setMissing(user.trim() === '');
    if (user.trim() === '' || busy || left > 0) return;
    setBusy(true);
    setTrouble(null);
    try {
      await askForLink(user.trim());
      setSent(true);
    } catch (error) {
      setTrouble(troubleOf(error));
    } finally {
      setBusy(false);
    }
  }

  return (
    <>
      <h1>{t.welcome.forgottenTitle}</h1>
      {sent ? (
        <div role="status">
          <Note icon="contact" title={t.welcome.forgottenSent} />
        </div>
      ) : (
        <form
          className="signin-form"
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            void send();
          }}
        >
          <p>{t.welcome.forgottenHelp}</p>
          <TextField
            label={t.signIn.user}
            name="username"
            autoComplete="username"
            value={user}
            onChange={setUser}
            inputRef={field}
            error={missing ? t.signIn.needUser : null}
          />
          <TroubleNote trouble={trouble} left={left} wrong={t.signIn.failed} />
          <Button kind="primary" submit wide busy={busy} disabled={left > 0}>
            {t.welcome.forgottenSend}
          </Button>
        </form>
      )}
      <p className="lock-other">
        <Button kind="plain" onClick={onBack}>
          {t.welcome.back}
        </Button>
      </p>
    </>
  );
}
