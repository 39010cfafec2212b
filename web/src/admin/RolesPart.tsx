/* The matrix as it holds on the server: what each profession sees of each part. To be read. */
import { get } from '../app/session';
import { roleKey } from '../app/roles';
import { useQuery } from '../fhir/query';
import { useText } from '../i18n';
import { Panel, Show, Table } from '../ui';

interface Matrix {
  revision: string;
  roles: { role: string; breaksGlass: boolean; cells: Record<string, string> }[];
}

const words = { '-': 'none', 'R': 'read', 'W': 'write', 'r': 'reduced', 'o': 'own', 'o+R': 'ownRead', 'o+r': 'ownReduced', 'B': 'broken', 'own': 'self' } as const;
const tones: Record<string, string> = { 'W': 'tag-dark', 'R': 'tag-good', 'o+R': 'tag-good', 'B': 'tag-bad', '-': '' };

const readMatrix = () => get<Matrix>('/auth/roles');

export function RolesPart() {
  const t = useText();
  const query = useQuery('matrix of roles', readMatrix);
  const wordOf = (cell: string) => t.manage.roles.cells[words[cell as keyof typeof words] ?? 'none'];
  return (
    <Panel title={t.admin.parts.roles}>
      <p className="field-help">{t.manage.roles.help}</p>
      <Show query={query} rows={12}>
        {(matrix) => (
          <>
            <ul className="legend" aria-label={t.manage.roles.legend}>
              {Object.keys(words).map((cell) => (
                <li key={cell}>
                  <Cell cell={cell} /> {wordOf(cell)}
                </li>
              ))}
            </ul>
            <Table
              title={t.admin.parts.roles}
              className="matrix"
              heads={[
                t.manage.roles.part,
                ...matrix.roles.map((each) => (
                  <span key={each.role}>
                    {t.roles[roleKey(each.role)]}
                    {each.breaksGlass ? <span className="tag tag-bad" title={t.manage.roles.glass}>B<span className="hidden">: {t.manage.roles.glass}</span></span> : null}
                  </span>
                )),
              ]}
            >
              {Object.keys(matrix.roles[0]?.cells ?? {}).map((part) => (
                <tr key={part}>
                  <th scope="row">{t.admin.classes[part as keyof typeof t.admin.classes] ?? part}</th>
                  {matrix.roles.map((each) => (
                    <td key={each.role} title={wordOf(each.cells[part] ?? '-')}>
                      <Cell cell={each.cells[part] ?? '-'} />
                      <span className="hidden">{wordOf(each.cells[part] ?? '-')}</span>
                    </td>
                  ))}
                </tr>
              ))}
            </Table>
            <p className="soft">{t.manage.roles.revision(matrix.revision)}</p>
          </>
        )}
      </Show>
    </Panel>
  );
}

function Cell({ cell }: { cell: string }) {
  return (
    <span className={`tag ${tones[cell] ?? 'tag-warn'} ${cell === '-' ? 'tag-none' : ''}`} aria-hidden="true">
      {cell === '-' ? '–' : cell}
    </span>
  );
}
