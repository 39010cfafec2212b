/* Forms: which are in use, and new ones from a file. */
import type { Questionnaire, QuestionnaireItem } from 'fhir/r4';
import { useRef, useState } from 'react';
import { create, patch, search } from '../fhir/client';
import { Failure } from '../fhir/failure';
import { refresh, useQuery } from '../fhir/query';
import { useText } from '../i18n';
import { Button, Icon, Note, Panel, say, Show, Table } from '../ui';

const key = 'forms to manage';
const readForms = (signal: AbortSignal) =>
  search<Questionnaire>('Questionnaire', '_count=500', signal).then((page) => page.items.sort((a, b) => titleOf(a).localeCompare(titleOf(b))));

const titleOf = (form: Questionnaire) => form.title ?? form.name ?? form.url ?? form.id ?? '';
const countOf = (items: QuestionnaireItem[] | undefined): number => (items ?? []).reduce((sum, each) => sum + (each.type === 'group' || each.type === 'display' ? 0 : 1) + countOf(each.item), 0);
const tones: Record<string, string> = { active: 'tag-good', draft: 'tag-warn' };
const bytesMax = 4 << 20;

/* As a draft, without what another server knew about it. */
async function formOf(file: File): Promise<Questionnaire | null> {
  try {
    if (file.size > bytesMax) return null;
    const read = JSON.parse(await file.text()) as Questionnaire;
    if (read.resourceType !== 'Questionnaire') return null;
    const { id: _id, meta: _meta, ...kept } = read;
    return { ...kept, status: 'draft' };
  } catch {
    return null;
  }
}

export function FormsPart() {
  const t = useText();
  const query = useQuery(key, readForms);
  const [fault, setFault] = useState('');
  const file = useRef<HTMLInputElement>(null);

  function turn(form: Questionnaire, to: Questionnaire['status'], undo: boolean) {
    patch(`Questionnaire/${form.id}`, [{ op: 'replace', path: '/status', value: to }]).then(
      () => {
        refresh((each) => each === key);
        say({ text: t.manage.forms.now(titleOf(form), t.manage.forms.states[to]), ...(undo ? { undo: () => turn(form, form.status, false) } : {}) });
      },
      () => say({ text: t.app.notDone, tone: 'bad' }),
    );
  }

  async function bring(chosen: File | undefined) {
    setFault('');
    if (!chosen) return;
    const form = await formOf(chosen);
    if (!form) return setFault(t.manage.forms.notForm);
    try {
      await create(form);
      refresh((each) => each === key);
      say({ text: t.manage.forms.brought(titleOf(form)) });
    } catch (error) {
      setFault(Failure.from(error).kind === 'refused' ? t.manage.forms.refused : t.app.notDone);
    }
  }

  return (
    <Panel
      title={t.admin.parts.forms}
      aside={
        <Button icon={<Icon name="plus" size={18} />} onClick={() => file.current?.click()}>
          {t.manage.forms.bring}
        </Button>
      }
    >
      <input
        ref={file}
        type="file"
        accept=".json,application/json,application/fhir+json"
        hidden
        aria-label={t.manage.forms.bring}
        onChange={(event) => {
          const [chosen] = event.currentTarget.files ?? [];
          event.currentTarget.value = '';
          void bring(chosen);
        }}
      />
      <p className="field-help">{t.manage.forms.bringHelp}</p>
      {fault ? (
        <div role="alert">
          <Note icon="alert" tone="bad" title={fault} />
        </div>
      ) : null}
      <Show query={query}>
        {(forms) =>
          forms.length === 0 ? (
            <Note icon="document" title={t.manage.forms.none} />
          ) : (
            <Table title={t.admin.parts.forms} className="table-tall" heads={[t.manage.forms.title, t.manage.forms.version, t.manage.forms.questions, t.manage.forms.state, <span className="hidden">{t.manage.forms.activate}</span>]}>
              {forms.map((each) => (
                <tr key={each.id} className={each.status === 'retired' ? 'row-off' : ''}>
                  <th scope="row">{titleOf(each)}</th>
                  <td className="digits">{each.version ?? ''}</td>
                  <td className="digits">{countOf(each.item)}</td>
                  <td>
                    <span className={`tag ${tones[each.status] ?? ''}`}>{t.manage.forms.states[each.status]}</span>
                  </td>
                  <td>
                    {each.status === 'active' ? (
                      <Button onClick={() => turn(each, 'retired', true)} label={`${t.manage.forms.retire}: ${titleOf(each)}`}>
                        {t.manage.forms.retire}
                      </Button>
                    ) : (
                      <Button onClick={() => turn(each, 'active', true)} label={`${t.manage.forms.activate}: ${titleOf(each)}`}>
                        {t.manage.forms.activate}
                      </Button>
                    )}
                  </td>
                </tr>
              ))}
            </Table>
          )
        }
      </Show>
    </Panel>
  );
}
