/* The rule tester: what somebody sees of a patient, part by part, and why. */
import { useState } from 'react';
import { roleKey } from '../app/roles';
import { readJson } from '../fhir/client';
import { Failure } from '../fhir/failure';
import { useText } from '../i18n';
import { showDate } from '../i18n/format';
import { Button, FailureNote, Icon, InputField, Note, Panel, Table } from '../ui';

interface PartSeen {
  class: string;
  cell: string;
  sees: string;
  writes: boolean;
}

interface Explained {
  patient: string;
  role: string;
  linked: boolean;
  consent: boolean;
  blocked: boolean;
  broken: boolean;
  self: boolean;
  proxy: boolean;
  kind: string;
  until: string;
  classes: PartSeen[];
}

type Answer = { state: 'none' } | { state: 'asking' } | { state: 'told'; told: Explained } | { state: 'failed'; failure: Failure };

export function AccessPart() {
  const t = useText();
  const [user, setUser] = useState('');
  const [patient, setPatient] = useState('');
  const [answer, setAnswer] = useState<Answer>({ state: 'none' });

  function ask() {
    const id = patient.trim().replace(/^.*\/(?=[^/]+$)/, '');
    if (!user.trim() || !id) return;
    setAnswer({ state: 'asking' });
    readJson<Explained>(`$explain-access?user=${encodeURIComponent(user.trim())}&patient=Patient/${encodeURIComponent(id)}`, new AbortController().signal).then(
      (told) => setAnswer({ state: 'told', told }),
      (error: unknown) => setAnswer({ state: 'failed', failure: Failure.from(error) }),
    );
  }

  return (
    <>
      <Panel title={t.admin.askTitle}>
        <form
          className="inline-form"
          onSubmit={(event) => {
            event.preventDefault();
            ask();
          }}
        >
          <InputField label={t.signIn.user} value={user} onChange={setUser} autoComplete="off" />
          <InputField label={t.admin.patient} value={patient} onChange={setPatient} autoComplete="off" />
          <Button kind="primary" submit busy={answer.state === 'asking'}>
            {t.admin.ask}
          </Button>
        </form>
        <p className="field-help">{t.admin.askHelp}</p>
      </Panel>
      {answer.state === 'failed' ? (
        answer.failure.kind === 'notFound' || answer.failure.kind === 'refused' ? <Note icon="search" title={t.admin.unknown} /> : <FailureNote failure={answer.failure} retry={ask} />
      ) : null}
      {answer.state === 'told' ? <Told told={answer.told} /> : null}
    </>
  );
}

/* The gates in the order in which the server asks them. */
function Told({ told }: { told: Explained }) {
  const t = useText();
  const gates = [
    { holds: !told.blocked, text: told.blocked ? t.admin.gates.blocked : t.admin.gates.notBlocked },
    { holds: told.consent, text: told.consent ? t.admin.gates.consent : t.admin.gates.noConsent },
    { holds: told.linked || told.self || told.proxy, text: told.self ? t.admin.gates.self : told.proxy ? t.admin.gates.proxy : told.linked ? t.admin.gates.linked(showDate(told.until)) : t.admin.gates.notLinked },
  ];
  return (
    <Panel title={t.admin.result} aside={<span className="soft">{t.roles[roleKey(told.role)]}</span>}>
      <ul className="gates">
        {gates.map((each) => (
          <li key={each.text} className={each.holds ? 'gate-open' : 'gate-shut'}>
            <Icon name={each.holds ? 'check' : 'cross'} size={18} /> {each.text}
          </li>
        ))}
      </ul>
      <Table title={t.admin.result} heads={[t.admin.part, t.admin.sees, t.admin.writes, t.admin.rule]}>
        {told.classes.map((each) => (
          <tr key={each.class} className={each.sees === 'nothing' ? 'row-off' : ''}>
            <th scope="row">{t.admin.classes[each.class as keyof typeof t.admin.classes] ?? each.class}</th>
            <td>
              <span className={`tag ${each.sees === 'all' ? 'tag-good' : each.sees === 'nothing' ? '' : 'tag-warn'}`}>{t.admin.views[each.sees as keyof typeof t.admin.views] ?? each.sees}</span>
            </td>
            <td>{each.writes ? <Icon name="check" size={18} /> : null}<span className="hidden">{each.writes ? t.admin.writes : ''}</span></td>
            <td className="soft digits">{each.cell}</td>
          </tr>
        ))}
      </Table>
    </Panel>
  );
}
