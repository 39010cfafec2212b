/* Accounts: found by any word of them, opened in place, and what can be done with each. */
import { useEffect, useRef, useState } from 'react';
import { roleKey, roles } from '../app/roles';
import { Failure } from '../fhir/failure';
import { useText } from '../i18n';
import { showDateTime } from '../i18n/format';
import { Button, Chips, FailureNote, Icon, InputField, Loading, Note, Panel, SelectField, Table } from '../ui';
import { readAccounts, type Account, type AccountPage, type AccountState } from './accounts';
import { AccountDialog } from './AccountDialog';
import { InviteDialog } from './InviteDialog';

type Found = { state: 'loading' } | { state: 'failed'; failure: Failure } | { state: 'ready'; page: AccountPage };
const waitMs = 200;

export function UsersPart() {
  const t = useText();
  const [words, setWords] = useState('');
  const [role, setRole] = useState('');
  const [state, setState] = useState<AccountState | ''>('');
  const [found, setFound] = useState<Found>({ state: 'loading' });
  const [opened, setOpened] = useState<Account | null>(null);
  const [inviting, setInviting] = useState(false);
  const [turn, setTurn] = useState(0);
  const asked = useRef(0);

  useEffect(() => {
    const mine = ++asked.current;
    const timer = window.setTimeout(
      () => {
        readAccounts({ search: words, role, state }, null).then(
          (page) => mine === asked.current && setFound({ state: 'ready', page }),
          (error: unknown) => mine === asked.current && setFound({ state: 'failed', failure: Failure.from(error) }),
        );
      },
      words ? waitMs : 0,
    );
    return () => window.clearTimeout(timer);
  }, [words, role, state, turn]);

  const again = () => setTurn((before) => before + 1);

  /* Who has signed in since the list was asked for is asked again. */
  function open(account: Account) {
    setOpened(account);
    again();
  }

  const now = opened && found.state === 'ready' ? (found.page.accounts.find((each) => each.user === opened.user) ?? opened) : opened;

  function more(page: AccountPage) {
    const mine = ++asked.current;
    readAccounts({ search: words, role, state }, page.next).then(
      (next) => mine === asked.current && setFound({ state: 'ready', page: { ...next, accounts: [...page.accounts, ...next.accounts] } }),
      (error: unknown) => mine === asked.current && setFound({ state: 'failed', failure: Failure.from(error) }),
    );
  }

  return (
    <Panel
      title={t.admin.parts.users}
      aside={
        <Button kind="primary" icon={<Icon name="plus" size={18} />} onClick={() => setInviting(true)}>
          {t.manage.users.invite}
        </Button>
      }
    >
      <div className="inline-form" role="search">
        <InputField label={t.manage.users.find} type="search" value={words} onChange={setWords} autoComplete="off" />
        <SelectField
          label={t.manage.users.role}
          value={role}
          onChange={setRole}
          options={[{ value: '', text: t.manage.users.anyRole }, ...roles.map((each) => ({ value: each, text: t.roles[roleKey(each)] }))]}
        />
        <Chips
          label={t.manage.users.state}
          name="account-state"
          value={state}
          onChange={setState}
          options={[{ value: '' as const, text: t.manage.users.anyState }, ...(['active', 'invited', 'ended'] as const).map((each) => ({ value: each, text: t.manage.users.states[each] }))]}
        />
      </div>
      {found.state === 'loading' ? <Loading rows={6} /> : null}
      {found.state === 'failed' ? <FailureNote failure={found.failure} retry={again} /> : null}
      {found.state === 'ready' ? (
        <>
          <p className="soft" role="status">
            {found.page.accounts.length > 0 ? t.manage.users.count(found.page.all) : t.manage.users.none}
          </p>
          {found.page.accounts.length > 0 ? <Accounts accounts={found.page.accounts} onOpen={open} /> : <Note icon="search" title={t.manage.users.none} />}
          {found.page.next ? <Button onClick={() => more(found.page)}>{t.manage.users.more}</Button> : null}
        </>
      ) : null}
      {now ? (
        <AccountDialog
          key={now.user}
          account={now}
          onClose={() => setOpened(null)}
          onChanged={() => {
            setOpened(null);
            again();
          }}
        />
      ) : null}
      {inviting ? <InviteDialog onClose={() => setInviting(false)} onInvited={again} /> : null}
    </Panel>
  );
}

const toneOf = { active: 'tag-good', invited: 'tag-warn', ended: '' } as const;

export function StateTag({ state }: { state: AccountState }) {
  const t = useText();
  return <span className={`tag ${toneOf[state]}`}>{t.manage.users.states[state]}</span>;
}

function Accounts({ accounts, onOpen }: { accounts: Account[]; onOpen: (account: Account) => void }) {
  const t = useText();
  return (
    <Table title={t.admin.parts.users} className="table-tall table-users" heads={[t.manage.users.who, t.manage.users.role, t.manage.users.state, t.manage.users.second, t.manage.users.lastIn, <span className="hidden">{t.manage.users.open}</span>]}>
      {accounts.map((each) => (
        <tr key={each.user} className={each.state === 'ended' ? 'row-off' : ''}>
          <th scope="row">
            {each.display}
            <div className="soft">
              {each.user}
              {each.own ? ` · ${t.manage.users.yours}` : ''}
            </div>
          </th>
          <td>{t.roles[roleKey(each.role)]}</td>
          <td>
            <StateTag state={each.state} />
          </td>
          <td>{each.factors.length > 0 ? each.factors.map((one) => t.manage.users.seconds[one]).join(', ') : <span className="soft">{t.manage.users.noSecond}</span>}</td>
          <td className="digits">{each.signedIn ? showDateTime(each.signedIn) : <span className="soft">{t.manage.users.never}</span>}</td>
          <td>
            <Button onClick={() => onOpen(each)} label={`${t.manage.users.open}: ${each.display}`}>
              {t.manage.users.open}
            </Button>
          </td>
        </tr>
      ))}
    </Table>
  );
}
