/* Somebody new: an account without a password, and the link with which he sets one. */
import { useState } from 'react';
import { useStepUp } from '../app/StepUp';
import { Failure } from '../fhir/failure';
import { useSpeech, useText } from '../i18n';
import { Button, Dialog, Note, say } from '../ui';
import { invite, mailPattern, userPattern, type Wanted } from './accounts';
import { AccountFields } from './AccountFields';

export function InviteDialog({ onClose, onInvited }: { onClose: () => void; onInvited: () => void }) {
  const { t, language } = useSpeech();
  const stepUp = useStepUp();
  const [wanted, setWanted] = useState<Wanted>({ user: '', display: '', role: 'gp', reference: '', language, mail: '' });
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState('');
  const [link, setLink] = useState<string | null>(null);
  const faults = { user: tried && !userPattern.test(wanted.user), mail: tried && wanted.mail !== '' && !mailPattern.test(wanted.mail) };

  async function sendIt() {
    setTried(true);
    if (busy || !userPattern.test(wanted.user) || (wanted.mail !== '' && !mailPattern.test(wanted.mail))) return;
    setBusy(true);
    setFault('');
    try {
      const made = await stepUp(() => invite(wanted));
      onInvited();
      if (!made.mailed) return setLink(made.link ?? '');
      say({ text: t.manage.users.invited(wanted.display || wanted.user) });
      onClose();
    } catch (error) {
      const { kind } = Failure.from(error);
      if (kind !== 'aborted') setFault(kind === 'conflict' ? t.manage.users.taken : kind === 'refused' ? t.manage.users.wrong : t.app.notDone);
    } finally {
      setBusy(false);
    }
  }

  return (
    <Dialog title={t.manage.users.invite} opened onClose={onClose} closeLabel={t.app.close} size="46rem">
      {link === null ? (
        <form
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            void sendIt();
          }}
        >
          <p className="soft">{t.manage.users.inviteHelp}</p>
          <AccountFields wanted={wanted} onChange={setWanted} faults={faults} withUser />
          {fault ? (
            <div role="alert">
              <Note icon="alert" tone="bad" title={fault} />
            </div>
          ) : null}
          <div className="actions">
            <Button kind="primary" submit busy={busy}>
              {t.manage.users.send}
            </Button>
          </div>
        </form>
      ) : (
        <InviteLink link={link} />
      )}
    </Dialog>
  );
}

/* To be handed over by hand: it can be selected with one key. */
export function InviteLink({ link }: { link: string }) {
  const t = useText();
  return (
    <Note icon="key" title={t.manage.users.linkTitle}>
      <p>{t.manage.users.linkHelp}</p>
      <input className="input" readOnly value={link} aria-label={t.manage.users.linkTitle} onFocus={(event) => event.currentTarget.select()} autoFocus />
    </Note>
  );
}
