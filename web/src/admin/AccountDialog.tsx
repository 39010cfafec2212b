/* One account: who it is, and what can be done with it. What can be taken back is done at once;
 * what cannot asks once more, in its own place. */
import { useState } from 'react';
import { useStepUp } from '../app/StepUp';
import { Failure } from '../fhir/failure';
import { useText } from '../i18n';
import { showDate, showDateTime } from '../i18n/format';
import { Button, Dialog, Icon, Note, say } from '../ui';
import { act, change, invite, mailPattern, type Account, type Wanted } from './accounts';
import { AccountFields } from './AccountFields';
import { InviteLink } from './InviteDialog';
import { StateTag } from './UsersPart';

export function AccountDialog({ account, onClose, onChanged }: { account: Account; onClose: () => void; onChanged: () => void }) {
  const t = useText();
  const stepUp = useStepUp();
  const { user, display, role, reference, language, mail } = account;
  const [wanted, setWanted] = useState<Wanted>({ user, display, role, reference, language, mail });
  const [busy, setBusy] = useState('');
  const [fault, setFault] = useState('');
  const [sure, setSure] = useState(false);
  const [link, setLink] = useState<string | null>(null);
  const same = (Object.keys(wanted) as (keyof Wanted)[]).every((name) => wanted[name] === account[name] || wanted[name] === '');
  const mailIsWrong = wanted.mail !== '' && !mailPattern.test(wanted.mail);

  async function run(name: string, work: () => Promise<void>) {
    if (busy) return;
    setBusy(name);
    setFault('');
    try {
      await stepUp(work);
    } catch (error) {
      const { kind } = Failure.from(error);
      if (kind !== 'aborted') setFault(kind === 'conflict' ? t.manage.users.last : kind === 'refused' ? t.manage.users.wrong : t.app.notDone);
    } finally {
      setBusy('');
    }
  }

  /* The other of the two is its undo; the proof is still fresh then. */
  const turn = (to: 'end' | 'open') =>
    run(to, async () => {
      await act(to, user);
      const back = to === 'end' ? 'open' : 'end';
      say({
        text: to === 'end' ? t.manage.users.ended(display) : t.manage.users.reopened(display),
        undo: () => void stepUp(() => act(back, user)).then(onChanged, () => say({ text: t.app.notDone, tone: 'bad' })),
      });
      onChanged();
    });

  const once = (name: string, work: () => Promise<void>, said: string) =>
    run(name, async () => {
      await work();
      say({ text: said });
      onChanged();
    });

  return (
    <Dialog title={display} opened onClose={onClose} closeLabel={t.app.close} size="46rem">
      <p className="soft">
        {user} · <StateTag state={account.state} /> · {t.manage.users.since(showDate(account.created))} · {t.manage.users.sessions(account.sessions)}
        {account.seen ? ` (${showDateTime(account.seen)})` : ''}
      </p>
      {reference ? null : <p className="soft">{t.manage.users.unlinked}</p>}
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (!same && !mailIsWrong) void once('save', () => change(account, wanted), t.manage.users.saved);
        }}
      >
        <AccountFields wanted={wanted} onChange={setWanted} faults={{ mail: mailIsWrong }} withUser={false} />
        <div className="actions">
          <Button kind="primary" submit busy={busy === 'save'} disabled={same || mailIsWrong}>
            {t.manage.users.save}
          </Button>
        </div>
      </form>
      {fault ? (
        <div role="alert">
          <Note icon="alert" tone="bad" title={fault} />
        </div>
      ) : null}
      {link ? <InviteLink link={link} /> : null}
      <div className="actions actions-apart">
        {account.state === 'invited' ? (
          <Button
            busy={busy === 'invite'}
            icon={<Icon name="mail" size={18} />}
            onClick={() =>
              void run('invite', async () => {
                const made = await invite({ user });
                if (made.mailed) say({ text: t.manage.users.invited(display) });
                setLink(made.link ?? null);
              })
            }
          >
            {t.manage.users.again}
          </Button>
        ) : null}
        {account.sessions > 0 ? (
          <Button busy={busy === 'sign-out'} onClick={() => void once('sign-out', () => act('sign-out', user), t.manage.users.signedOut)}>
            {t.manage.users.signOut}
          </Button>
        ) : null}
        {account.factors.length > 0 ? (
          sure ? (
            <span className="sure">
              <span className="soft">{t.manage.users.resetHelp}</span>
              <Button kind="primary" busy={busy === 'reset'} onClick={() => void once('reset', () => act('factors/reset', user), t.manage.users.resetDone)}>
                {t.manage.users.resetSure}
              </Button>
              <Button onClick={() => setSure(false)}>{t.manage.users.keep}</Button>
            </span>
          ) : (
            <Button onClick={() => setSure(true)}>{t.manage.users.reset}</Button>
          )
        ) : null}
        {account.state === 'ended' ? (
          <Button busy={busy === 'open'} onClick={() => void turn('open')}>
            {t.manage.users.reopen}
          </Button>
        ) : (
          <Button busy={busy === 'end'} icon={<Icon name="lock" size={18} />} onClick={() => void turn('end')}>
            {t.manage.users.end}
          </Button>
        )}
      </div>
    </Dialog>
  );
}
