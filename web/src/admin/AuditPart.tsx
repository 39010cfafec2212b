/* The log of who did what, for who oversees it: who, when and which, never what was in it. */
import type { AuditEvent, Bundle, Patient } from 'fhir/r4';
import { useEffect, useRef, useState } from 'react';
import { roleKey } from '../app/roles';
import { members, readJson, samePlace, search, type Page } from '../fhir/client';
import { Failure } from '../fhir/failure';
import { nameText } from '../fhir/read';
import { useText } from '../i18n';
import { addDays, instantOf, showDateTime } from '../i18n/format';
import { Button, DateField, FailureNote, Icon, InputField, Loading, Note, Panel, SelectField, Table } from '../ui';
import { recordOf } from './accounts';

type Kind = 'all' | 'looks' | 'changes' | 'doors' | 'accounts' | 'exports';

const kindQuery: Record<Kind, string> = { all: '', looks: 'action=R,E&type=rest', changes: 'action=C,U,D', doors: 'type=110114', accounts: 'type=110113', exports: 'type=110106' };

interface Asked {
  who: string;
  patient: string;
  from: string;
  until: string;
  kind: Kind;
  refused: boolean;
}

const nothing: Asked = { who: '', patient: '', from: '', until: '', kind: 'all', refused: false };

function queryOf(asked: Asked): string {
  const who = asked.who.trim();
  const parts = ['_count=50', kindQuery[asked.kind]];
  if (who) parts.push(`${/^[A-Z][A-Za-z]+\//.test(who) ? 'agent' : 'altid'}=${encodeURIComponent(who)}`);
  if (asked.patient.trim()) parts.push(`patient=${encodeURIComponent(recordOf(asked.patient, 'Patient'))}`);
  if (asked.from) parts.push(`date=ge${instantOf(asked.from, 0)}`);
  if (asked.until) parts.push(`date=lt${instantOf(addDays(asked.until, 1), 0)}`);
  if (asked.refused) parts.push('outcome=4,8');
  return parts.filter((each) => each !== '').join('&');
}

type Found = { state: 'loading' } | { state: 'failed'; failure: Failure } | { state: 'ready'; page: Page<AuditEvent>; names: Record<string, string> };

const patientsOf = (event: AuditEvent) =>
  (event.entity ?? []).filter((each) => each.role?.code === '1').map((each) => each.what?.reference ?? '').filter((each) => each.startsWith('Patient/'));

/* Names, as far as whoever looks may see them. */
async function namesOf(events: AuditEvent[], signal: AbortSignal, nameFor: (patient: Patient) => string): Promise<Record<string, string>> {
  const ids = [...new Set(events.flatMap(patientsOf).map((each) => each.slice('Patient/'.length)))].slice(0, 200);
  if (ids.length === 0) return {};
  const page = await search<Patient>('Patient', `_id=${ids.join(',')}&_elements=name&_count=${ids.length}`, signal).catch(() => null);
  return Object.fromEntries((page?.items ?? []).map((each) => [`Patient/${each.id}`, nameFor(each)]));
}

export function AuditPart() {
  const t = useText();
  const [asked, setAsked] = useState(nothing);
  const [found, setFound] = useState<Found>({ state: 'loading' });
  const turn = useRef(0);

  function load(path: string, before: Found & { state: 'ready' } | null) {
    const mine = ++turn.current;
    const signal = new AbortController().signal;
    if (!before) setFound({ state: 'loading' });
    readJson<Bundle>(path, signal)
      .then(async (bundle) => {
        const events = members<AuditEvent>(bundle, 'AuditEvent');
        const link = bundle.link?.find((each) => each.relation === 'next')?.url;
        const names = await namesOf(events, signal, (patient) => nameText(patient.name, t));
        if (mine === turn.current)
          setFound({ state: 'ready', page: { items: [...(before?.page.items ?? []), ...events], next: link ? samePlace(link) : null }, names: { ...before?.names, ...names } });
      })
      .catch((error: unknown) => mine === turn.current && setFound({ state: 'failed', failure: Failure.from(error) }));
  }

  const start = () => load(`AuditEvent?${queryOf(asked)}`, null);
  useEffect(start, [asked.kind, asked.refused]);

  return (
    <Panel title={t.admin.parts.audit}>
      <form
        role="search"
        className="field-grid"
        onSubmit={(event) => {
          event.preventDefault();
          start();
        }}
      >
        <InputField label={t.manage.log.who} value={asked.who} onChange={(who) => setAsked({ ...asked, who })} autoComplete="off" />
        <InputField label={t.manage.log.patient} value={asked.patient} onChange={(patient) => setAsked({ ...asked, patient })} autoComplete="off" />
        <DateField label={t.manage.log.from} value={asked.from} onChange={(from) => setAsked({ ...asked, from })} />
        <DateField label={t.manage.log.until} value={asked.until} onChange={(until) => setAsked({ ...asked, until })} />
        <SelectField
          label={t.manage.log.what}
          value={asked.kind}
          onChange={(kind) => setAsked({ ...asked, kind: kind as Kind })}
          options={(Object.keys(kindQuery) as Kind[]).map((each) => ({ value: each, text: t.manage.log.kinds[each] }))}
        />
        <div className="field-row">
          <label className="check">
            <input type="checkbox" checked={asked.refused} onChange={(event) => setAsked({ ...asked, refused: event.currentTarget.checked })} />
            <span>{t.manage.log.refusedOnly}</span>
          </label>
          <Button kind="primary" submit>
            {t.manage.log.find}
          </Button>
        </div>
      </form>
      {found.state === 'loading' ? <Loading rows={8} /> : null}
      {found.state === 'failed' ? found.failure.kind === 'refused' ? <Note icon="search" title={t.manage.log.none} /> : <FailureNote failure={found.failure} retry={start} /> : null}
      {found.state === 'ready' ? (
        found.page.items.length === 0 ? (
          <div role="status">
            <Note icon="search" title={t.manage.log.none} />
          </div>
        ) : (
          <>
            <Log events={found.page.items} names={found.names} />
            {found.page.next ? <Button onClick={() => load(found.page.next ?? '', found)}>{t.manage.log.more}</Button> : null}
          </>
        )
      ) : null}
    </Panel>
  );
}

/* The first row that the word begins with. */
const acts = [
  ['account-list', 'accounts'],
  ['account', 'account'],
  ['read', 'read'],
  ['vread', 'read'],
  ['search', 'list'],
  ['history', 'history'],
  ['create', 'create'],
  ['update', 'change'],
  ['patch', 'change'],
  ['delete', 'remove'],
  ['batch', 'batch'],
  ['transaction', 'batch'],
  ['operation', 'act'],
  ['explain-access', 'explain'],
  ['who-looked', 'history'],
  ['sign-out', 'signOut'],
  ['session', 'signOut'],
  ['sign-', 'signIn'],
  ['lock', 'lock'],
  ['unlock', 'unlock'],
  ['step-up', 'stepUp'],
  ['export', 'export'],
  ['privacy-export', 'export'],
  ['privacy-erase', 'erase'],
  ['break-glass', 'glass'],
  ['review', 'review'],
  ['invite', 'invite'],
  ['password', 'password'],
  ['factors', 'factor'],
  ['totp', 'factor'],
  ['passkey', 'factor'],
  ['recovery', 'factor'],
  ['card', 'factor'],
  ['token', 'program'],
  ['app', 'program'],
  ['job', 'job'],
] as const;

function Log({ events, names }: { events: AuditEvent[]; names: Record<string, string> }) {
  const t = useText();
  return (
    <Table title={t.admin.parts.audit} className="table-tall" heads={[t.manage.log.at, t.manage.log.who, t.manage.log.did, t.manage.log.about, t.manage.log.where]}>
      {events.map((each) => (
        <Entry key={each.id} event={each} names={names} said={t} />
      ))}
    </Table>
  );
}

function Entry({ event, names, said: t }: { event: AuditEvent; names: Record<string, string>; said: ReturnType<typeof useText> }) {
  const word = event.subtype?.[0]?.code ?? '';
  const act = acts.find(([start]) => word.startsWith(start))?.[1] ?? 'other';
  const agent = event.agent.find((each) => each.requestor);
  const role = agent?.role?.[0]?.coding?.[0]?.code ?? '';
  const glass = (event.purposeOfEvent ?? []).some((each) => each.coding?.some((one) => one.code === 'BTG')) || act === 'glass';
  const patients = [...new Set(patientsOf(event))];
  const touched = (event.entity ?? []).filter((each) => each.role?.code === '4');
  const types = [...new Set(touched.map((each) => each.what?.reference?.split('/')[0] ?? ''))];
  const things = types.flatMap((each) => (each in t.manage.log.things ? [t.manage.log.things[each as keyof typeof t.manage.log.things]] : []));
  const targets = touched.flatMap((each) => (each.name ? [each.name] : []));
  const reason = event.entity?.find((each) => each.role?.code === '12')?.description;
  return (
    <tr className={glass ? 'row-glass' : ''}>
      <td className="digits">{showDateTime(event.recorded)}</td>
      <th scope="row">
        {agent?.altId ?? t.manage.log.nobody}
        {role ? <div className="soft">{t.roles[roleKey(role)]}</div> : null}
      </th>
      <td>
        {t.manage.log.acts[act]}
        {things.length > 0 || targets.length > 0 ? <div className="soft">{[...things, ...targets].join(', ')}</div> : null}
        {glass ? (
          <span className="tag tag-bad">
            <Icon name="alert" size={14} /> {t.manage.log.glass}
          </span>
        ) : null}
        {event.outcome === '4' ? <span className="tag tag-warn">{t.manage.log.refused}</span> : null}
        {event.outcome === '8' || event.outcome === '12' ? <span className="tag tag-bad">{t.manage.log.failed}</span> : null}
        {reason ? <div className="soft">{t.manage.log.why(reason)}</div> : null}
      </td>
      <td>
        {patients.length > 3 ? t.manage.log.person(patients.length) : patients.map((each) => <div key={each}>{names[each] ?? each.slice('Patient/'.length)}</div>)}
      </td>
      <td className="soft digits">{event.agent.find((each) => each.network)?.network?.address ?? ''}</td>
    </tr>
  );
}
