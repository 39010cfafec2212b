/* Setting up a passkey or an app for codes; the recovery codes that come with the first of them. */
import { useRef, useState } from 'react';
import { useText } from '../i18n';
import { Button, Icon, TextField } from '../ui';
import { showCard, useCardOffered } from './card';
import { makePasskey, passkeysWork, type MakeOptions } from './passkey';
import { send } from './session';
import { useStepUp } from './StepUp';
import { TroubleNote, troubleOf, useWait, type Trouble } from './trouble';

interface Made {
  codes: string[];
}

/* One thing at a time, and what went wrong with it. */
export function useWork(): { busy: boolean; trouble: Trouble; run: (work: () => Promise<void>) => Promise<void> } {
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<Trouble>(null);
  async function run(work: () => Promise<void>) {
    if (busy) return;
    setBusy(true);
    setTrouble(null);
    try {
      await work();
    } catch (error) {
      setTrouble(troubleOf(error));
    } finally {
      setBusy(false);
    }
  }
  return { busy, trouble, run };
}

export function PasskeySetup({ level = 2, onMade }: { level?: 2 | 3; onMade: (codes: string[]) => void }) {
  const t = useText();
  const stepUp = useStepUp();
  const [name, setName] = useState<string>(t.enrol.passkeyNamed);
  const { busy, trouble, run } = useWork();
  const Heading = level === 2 ? 'h2' : 'h3';

  async function make() {
    const begun = (await (await stepUp(() => send('/auth/passkeys/begin'))).json()) as { ticket: string; publicKey: MakeOptions };
    const credential = await makePasskey(begun.publicKey);
    const made = (await (
      await send('/auth/passkeys', { ticket: begun.ticket, name: name.trim() || t.enrol.passkeyNamed, ...credential })
    ).json()) as Made;
    onMade(made.codes);
  }

  if (!passkeysWork) return null;
  return (
    <section className="choice">
      <Heading>{t.enrol.passkey}</Heading>
      <p>{t.enrol.passkeyHelp}</p>
      <TextField label={t.enrol.passkeyName} name="passkey-name" value={name} onChange={(text) => setName(text.slice(0, 40))} />
      <TroubleNote trouble={trouble} left={0} wrong={t.enrol.late} />
      <Button kind="primary" busy={busy} onClick={() => void run(make)} icon={<Icon name="key" />}>
        {t.enrol.passkeyAdd}
      </Button>
    </section>
  );
}

interface Begun {
  ticket: string;
  secret: string;
  uri: string;
  qr: { size: number; path: string };
}

function QrCode({ qr, label }: { qr: Begun['qr']; label: string }) {
  return (
    <svg className="qr" viewBox={`-4 -4 ${qr.size + 8} ${qr.size + 8}`} role="img" aria-label={label} shapeRendering="crispEdges">
      <path d={qr.path} fill="#000" />
    </svg>
  );
}

export function TotpSetup({ level = 2, onMade }: { level?: 2 | 3; onMade: (codes: string[]) => void }) {
  const t = useText();
  const stepUp = useStepUp();
  const [begun, setBegun] = useState<Begun | null>(null);
  const [code, setCode] = useState('');
  const field = useRef<HTMLInputElement>(null);
  const { busy, trouble, run } = useWork();
  const left = useWait(trouble);
  const Heading = level === 2 ? 'h2' : 'h3';

  async function begin() {
    setBegun((await (await stepUp(() => send('/auth/totp/begin'))).json()) as Begun);
    window.setTimeout(() => field.current?.focus(), 0);
  }

  async function confirm() {
    if (!begun) return;
    const made = (await (await send('/auth/totp', { ticket: begun.ticket, code })).json()) as Made;
    onMade(made.codes);
  }

  return (
    <section className="choice">
      <Heading>{t.enrol.totp}</Heading>
      {begun ? (
        <form
          className="signin-form"
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            void run(confirm);
          }}
        >
          <p>{t.enrol.totpScan}</p>
          <QrCode qr={begun.qr} label={t.enrol.qr} />
          <p className="secret">{begun.secret.replace(/(.{4})/g, '$1 ').trim()}</p>
          <TextField
            label={t.enrol.totpConfirm}
            name="code"
            autoComplete="one-time-code"
            inputMode="numeric"
            value={code}
            onChange={setCode}
            inputRef={field}
          />
          <TroubleNote trouble={trouble} left={left} wrong={t.enrol.late} refused={t.enrol.totpWrong} />
          <Button kind="primary" submit busy={busy}>
            {t.enrol.confirm}
          </Button>
        </form>
      ) : (
        <>
          <p>{t.enrol.totpHelp}</p>
          <TroubleNote trouble={trouble} left={left} wrong={t.enrol.late} />
          <Button busy={busy} onClick={() => void run(begin)}>
            {t.enrol.totpBegin}
          </Button>
        </>
      )}
    </section>
  );
}

/* An identity card: shown once, here, it opens this account from then on. */
export function CardSetup({ level = 2, onMade }: { level?: 2 | 3; onMade: (codes: string[]) => void }) {
  const t = useText();
  const stepUp = useStepUp();
  const offered = useCardOffered();
  const { busy, trouble, run } = useWork();
  const Heading = level === 2 ? 'h2' : 'h3';

  async function link(card: Promise<string>) {
    const shown = await card;
    const made = (await (await stepUp(() => send('/auth/card', { card: shown }))).json()) as Made;
    onMade(made.codes);
  }

  if (!offered) return null;
  return (
    <section className="choice">
      <Heading>{t.card.title}</Heading>
      <p>{t.card.linkHelp}</p>
      <TroubleNote trouble={trouble} left={0} wrong={t.enrol.late} refused={t.card.taken} />
      <Button busy={busy} onClick={() => void run(() => link(showCard('link')))} icon={<Icon name="key" />}>
        {t.card.link}
      </Button>
    </section>
  );
}

/* Shown once. */
export function RecoveryCodes({ codes, onKept }: { codes: string[]; onKept: () => void }) {
  const t = useText();
  return (
    <section className="choice" aria-label={t.enrol.codesTitle}>
      <h2>{t.enrol.codesTitle}</h2>
      <p>{t.enrol.codesHelp}</p>
      <ol className="codes">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ol>
      <Button kind="primary" onClick={onKept}>
        {t.enrol.codesKept}
      </Button>
    </section>
  );
}
