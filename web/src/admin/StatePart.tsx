/* How the server does what nobody watches: backups, checks, what waits and what was given up. */
import { get } from '../app/session';
import { useQuery } from '../fhir/query';
import { useSpeech } from '../i18n';
import { showDateTime } from '../i18n/format';
import { Icon, Note, Panel, Show, Table } from '../ui';

interface Chore {
  schedule: string | null;
  state: 'none' | 'waiting' | 'running' | 'failing' | 'dead';
  error: string;
  next: string | null;
  last: { at: string; seconds: number; file?: string; bytes?: number; verified?: boolean; good?: boolean } | null;
}

interface State {
  backup: Chore;
  check: Chore;
  jobs: { waiting: number; running: number; dead: number; oldest: string | null };
  dead: { number: number; kind: string; since: string; tries: number; error: string }[];
}

const readState = () => get<State>('/auth/state');
const twoDaysMs = 2 * 24 * 3600 * 1000;

function sizeText(bytes: number, language: string): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let at = 0;
  let left = bytes;
  while (left >= 1000 && at < units.length - 1) {
    left /= 1000;
    at++;
  }
  return `${left.toLocaleString(language, { maximumFractionDigits: at > 1 ? 1 : 0 })} ${units[at]}`;
}

export function StatePart() {
  const { t } = useSpeech();
  const query = useQuery('state of the server', readState);
  return (
    <Show query={query} rows={6}>
      {(state) => (
        <>
          <ChorePanel title={t.manage.state.backup} chore={state.backup} notSet={t.manage.state.notSet} />
          <ChorePanel title={t.manage.state.check} chore={state.check} notSet={t.manage.state.checkNotSet} />
          <Panel title={t.manage.state.jobs}>
            <dl className="facts">
              <dt>{t.manage.state.waiting}</dt>
              <dd className="digits">{state.jobs.waiting}</dd>
              <dt>{t.manage.state.running}</dt>
              <dd className="digits">{state.jobs.running}</dd>
              <dt>{t.manage.state.dead}</dt>
              <dd className="digits">{state.jobs.dead}</dd>
              {state.jobs.oldest ? (
                <>
                  <dt>{t.manage.state.since}</dt>
                  <dd className="digits">{showDateTime(state.jobs.oldest)}</dd>
                </>
              ) : null}
            </dl>
            {state.dead.length === 0 ? (
              <p className="soft">
                <Icon name="check" size={18} /> {t.manage.state.noDead}
              </p>
            ) : (
              <>
                <Table title={t.manage.state.dead} className="table-tall" heads={[t.manage.state.number, t.manage.state.kind, t.manage.state.when, t.manage.state.tries, t.manage.state.error]}>
                  {state.dead.map((each) => (
                    <tr key={each.number}>
                      <td className="digits">{each.number}</td>
                      <th scope="row">{each.kind}</th>
                      <td className="digits">{showDateTime(each.since)}</td>
                      <td className="digits">{each.tries}</td>
                      <td lang="en">{each.error}</td>
                    </tr>
                  ))}
                </Table>
                <p className="field-help">{t.manage.state.again}</p>
              </>
            )}
          </Panel>
        </>
      )}
    </Show>
  );
}

const tones = { none: '', waiting: 'tag-good', running: 'tag-good', failing: 'tag-warn', dead: 'tag-bad' } as const;

function ChorePanel({ title, chore, notSet }: { title: string; chore: Chore; notSet: string }) {
  const { t, language } = useSpeech();
  const { last } = chore;
  const old = last?.bytes !== undefined && Date.now() - Date.parse(last.at) > twoDaysMs;
  return (
    <Panel title={title} aside={<span className={`tag ${tones[chore.state]}`}>{t.manage.state.states[chore.state]}</span>}>
      {chore.schedule === null ? <Note icon="alert" title={notSet} /> : null}
      {old ? <Note icon="alert" tone="bad" title={t.manage.state.old} /> : null}
      {chore.error ? (
        <p lang="en" className="field-error">
          {chore.error}
        </p>
      ) : null}
      <dl className="facts">
        <dt>{t.manage.state.last}</dt>
        <dd className="digits">
          {last ? showDateTime(last.at) : t.manage.state.never}
          {last ? <span className="soft"> · {t.manage.state.took(last.seconds)}</span> : null}
        </dd>
        {last?.bytes !== undefined ? (
          <>
            <dt>{t.manage.state.size}</dt>
            <dd className="digits">
              {sizeText(last.bytes, language)} <span className={`tag ${last.verified ? 'tag-good' : 'tag-warn'}`}>{last.verified ? t.manage.state.verified : t.manage.state.unverified}</span>
            </dd>
            <dt>{t.manage.state.file}</dt>
            <dd className="digits">{last.file}</dd>
          </>
        ) : null}
        {last?.good ? (
          <>
            <dt className="hidden">{title}</dt>
            <dd>
              <span className="tag tag-good">{t.manage.state.good}</span>
            </dd>
          </>
        ) : null}
        <dt>{t.manage.state.next}</dt>
        <dd className="digits">{chore.next ? showDateTime(chore.next) : '–'}</dd>
      </dl>
    </Panel>
  );
}
