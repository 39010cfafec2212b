/* A link of one use: an invitation, or a forgotten password. What the link says stands behind the
 * # of the address, where no server and no other page sees it, and leaves it at once. */
import { useEffect, useRef, useState } from 'react';
import { Failure } from '../fhir/failure';
import { useText } from '../i18n';
import { Button, Loading, PasswordField } from '../ui';
import { go } from './router';
import { linkOwner, setPassword, type LinkOwner, type Wanted } from './session';
import { DoorPage, SecondStep, Wordmark } from './SignIn';
import { TroubleNote, troubleOf, useWait, type Trouble } from './trouble';

type State = { phase: 'asking' } | { phase: 'over' } | { phase: 'open'; owner: LinkOwner };

/* Taken once: the address bar forgets it. */
function useLink(): string {
  const [link] = useState(() => window.location.hash.slice(1));
  useEffect(() => window.history.replaceState(null, '', window.location.pathname), []);
  return link;
}

export function WelcomePage() {
  const t = useText();
  const link = useLink();
  const [state, setState] = useState<State>({ phase: 'asking' });
  const [wanted, setWanted] = useState<Wanted | null>(null);
  const [trouble, setTrouble] = useState<Trouble>(null);

  useEffect(() => {
    linkOwner(link)
      .then((owner) => setState({ phase: 'open', owner }))
      .catch((error: unknown) => {
        const { kind } = Failure.from(error);
        if (kind === 'notFound' || kind === 'refused') setState({ phase: 'over' });
        else setTrouble(troubleOf(error));
      });
  }, [link]);

  const invited = state.phase !== 'open' || state.owner.kind === 'invitation';
  const title = state.phase === 'over' ? t.welcome.over : invited ? t.welcome.invited : t.welcome.reset;
  return (
    <DoorPage title={title}>
      <Wordmark />
      <p className="motto">{t.signIn.motto}</p>
      <h1>{wanted ? t.prove.title : title}</h1>
      {state.phase === 'asking' ? trouble ? <TroubleNote trouble={trouble} left={0} wrong={t.signIn.failed} /> : <Loading rows={3} /> : null}
      {state.phase === 'over' ? (
        <>
          <p className="lead">{t.welcome.overHelp}</p>
          <Button onClick={() => go('/')}>{t.welcome.toSignIn}</Button>
        </>
      ) : null}
      {state.phase === 'open' && wanted ? <Onward wanted={wanted} /> : null}
      {state.phase === 'open' && !wanted ? <NewPassword link={link} owner={state.owner} onWanted={setWanted} /> : null}
    </DoorPage>
  );
}

/* Signing in moves on to the app; until then the factor is asked for here. */
function Onward({ wanted }: { wanted: Wanted }) {
  return <SecondStep wanted={wanted} onAgain={() => go('/')} onDone={() => go('/')} />;
}

function NewPassword({ link, owner, onWanted }: { link: string; owner: LinkOwner; onWanted: (wanted: Wanted) => void }) {
  const t = useText();
  const [password, setText] = useState('');
  const [visible, setVisible] = useState(false);
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<Trouble>(null);
  const field = useRef<HTMLInputElement>(null);
  const left = useWait(trouble);

  useEffect(() => field.current?.focus(), []);

  async function submit() {
    if (busy || left > 0) return;
    setBusy(true);
    setTrouble(null);
    try {
      const wanted = await setPassword(link, password);
      if (wanted) onWanted(wanted);
      else go('/');
    } catch (error) {
      setTrouble(troubleOf(error));
      field.current?.focus();
    } finally {
      setBusy(false);
    }
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
      <p>{owner.kind === 'invitation' ? t.welcome.invitedHelp(owner.display) : t.welcome.resetHelp(owner.display)}</p>
      <p className="soft">{t.welcome.user(owner.user)}</p>
      <input type="text" name="username" autoComplete="username" value={owner.user} readOnly hidden />
      <PasswordField
        label={t.welcome.password}
        name="new-password"
        autoComplete="new-password"
        value={password}
        onChange={setText}
        inputRef={field}
        visible={visible}
        onVisible={setVisible}
        show={t.signIn.show}
        hide={t.signIn.hide}
      />
      <p className="soft">{t.welcome.passwordHelp}</p>
      <TroubleNote trouble={trouble} left={left} wrong={t.signIn.failed} refused={t.welcome.refused} />
      <Button kind="primary" submit wide busy={busy} disabled={left > 0}>
        {t.welcome.submit}
      </Button>
    </form>
  );
}
