/* Who looked at my record: what the server says in words, page by page. Only the person and
 * auditors get an answer; nobody else is shown the way here. */
import { useState } from 'react';
import { readWhoLooked, type Looked, type LookedPage } from '../fhir/looked';
import { Failure } from '../fhir/failure';
import { useQuery } from '../fhir/query';
import { useSpeech, useText } from '../i18n';
import { showDateTime } from '../i18n/format';
import { Button, FailureNote, Note, Panel, Show, Table } from '../ui';

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

function Pages({ patientId, first }: { patientId: string; first: LookedPage }) {
  const t = useText();
  const [pages, setPages] = useState<LookedPage[]>([first]);
  const [failure, setFailure] = useState<Failure | null>(null);
  const next = pages[pages.length - 1]?.next ?? null;
  const rows = pages.flatMap((page) => page.items);
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
  if (rows.length === 0) return <Note title={t.looked.none} />;
  return (
    <>
      <Table title={t.looked.title} heads={[t.looked.when, t.looked.who, t.looked.what, t.looked.parts]}>
        {rows.map((each) => (
          <Row key={each.event} each={each} />
        ))}
      </Table>
      {failure ? <FailureNote failure={failure} retry={() => void more()} /> : null}
      {next ? <Button onClick={() => void more()}>{t.looked.more}</Button> : null}
    </>
  );
}

export function WhoLooked({ patientId }: { patientId: string }) {
  const t = useText();
  const { language } = useSpeech();
  const first = `Patient/${patientId}/$who-looked?language=${language}&_count=50`;
  const query = useQuery(first, (signal) => readWhoLooked(patientId, first, signal));
  return (
    <Panel title={t.looked.title}>
      <p className="soft">{t.looked.explain}</p>
      <Show query={query} rows={8}>
        {(page) => <Pages key={first} patientId={patientId} first={page} />}
      </Show>
    </Panel>
  );
}
