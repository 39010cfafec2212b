/* Who looked at my record: what the server says in words, page by page. Only the person and
 * auditors get an answer; nobody else is shown the way here. */
import { useState } from 'react';
import type { Session } from '../app/session';
import { readWhoLooked, type Looked, type LookedPage } from '../fhir/looked';
import { Failure } from '../fhir/failure';
import { useQuery } from '../fhir/query';
import { Openings } from '../glass/Openings';
import { useSpeech, useText } from '../i18n';
import { showDateTime } from '../i18n/format';
import { Button, FailureNote, Note, Panel, Show, Table } from '../ui';

/* One look is many answers of the server: what the same person did for the same reason within a
 * minute is one line. */
export function inLooks(items: Looked[]): Looked[] {
  const looks: Looked[] = [];
  for (const each of items) {
    const last = looks.at(-1);
    const same = last && last.who === each.who && last.role === each.role && last.what === each.what && last.reason === each.reason && last.glassBroken === each.glassBroken && showDateTime(last.at) === showDateTime(each.at);
    if (same) last.parts = [...new Set([...last.parts.split(', '), ...each.parts.split(', ')])].filter(Boolean).join(', ');
    else looks.push({ ...each });
  }
  return looks;
}

function Row({ each }: { each: Looked }) {
  const t = useText();
  return (
    <tr>
      <td className="digits">{showDateTime(each.at)}</td>
      <th scope="row">
        {each.who}
        <div className="soft">{each.role}</div>
      </th>
      <td>
        {each.what}
        {each.glassBroken ? <span className="tag tag-warn">{t.looked.emergency}</span> : null}
        {each.reason ? <div className="soft">{each.reason}</div> : null}
      </td>
      <td>{each.parts}</td>
    </tr>
  );
}

function Pages({ patientId, first, others }: { patientId: string; first: LookedPage; others: string | null }) {
  const t = useText();
  const [pages, setPages] = useState<LookedPage[]>([first]);
  const [failure, setFailure] = useState<Failure | null>(null);
  const next = pages[pages.length - 1]?.next ?? null;
  const [all, setAll] = useState(others === null);
  const found = pages.flatMap((page) => page.items);
  const rows = inLooks(all ? found : found.filter((each) => each.who !== others));
  const more = async (): Promise<void> => {
    if (!next) return;
    try {
      const page = await readWhoLooked(patientId, next, new AbortController().signal);
      setPages((now) => [...now, page]);
      setFailure(null);
    } catch (error) {
      setFailure(error instanceof Failure ? error : new Failure('server'));
    }
  };
  if (found.length === 0) return <Note title={t.looked.none} />;
  return (
    <>
      {others === null ? null : (
        <label className="check">
          <input type="checkbox" checked={all} onChange={(event) => setAll(event.currentTarget.checked)} /> {t.visits.ownLooks}
        </label>
      )}
      {rows.length === 0 ? <Note title={t.visits.onlyYou} /> : null}
      <Table title={t.looked.title} className="table-stack table-looked" heads={[t.looked.when, t.looked.who, t.looked.what, t.looked.parts]}>
        {rows.map((each) => (
          <Row key={each.event} each={each} />
        ))}
      </Table>
      {failure ? <FailureNote failure={failure} retry={() => void more()} /> : null}
      {next ? <Button onClick={() => void more()}>{t.looked.more}</Button> : null}
    </>
  );
}

/* The log names the account or the person. */
function ownNameIn(page: LookedPage, session: Session): string {
  return page.items.some((each) => each.who === session.display) ? session.display : session.user;
}

export function WhoLooked({ patientId, session }: { patientId: string; session: Session }) {
  const t = useText();
  const { language } = useSpeech();
  const first = `Patient/${patientId}/$who-looked?language=${language}&_count=50`;
  const query = useQuery(first, (signal) => readWhoLooked(patientId, first, signal));
  return (
    <>
      <Openings patientId={patientId} />
      <Panel title={t.looked.title}>
      <p className="soft">{t.looked.explain}</p>
      <Show query={query} rows={8}>
        {(page) => <Pages key={first} patientId={patientId} first={page} others={session.reference === `Patient/${patientId}` ? ownNameIn(page, session) : null} />}
      </Show>
      </Panel>
    </>
  );
}
