/* Texts of centres and people, kept under a word: list, change, new, away with undo. */
import { useState } from 'react';
import { refresh, useQuery } from '../fhir/query';
import { nameText } from '../fhir/read';
import { useText } from '../i18n';
import { AreaField, Button, Dialog, Icon, InputField, Note, Panel, say, SelectField, Show, Table } from '../ui';
import { isCentre } from './centres';
import { dropText, keepText, readOwners, readTexts, type Kept, type Owner, type TextKind } from './texts';

const key = 'texts to manage';

export function TextsPart() {
  const t = useText();
  const texts = useQuery(key, readTexts);
  const owners = useQuery('owners of texts', (signal) => readOwners(signal, (person) => nameText(person.name, t), isCentre));
  const [words, setWords] = useState('');
  const [edited, setEdited] = useState<Kept | null>(null);
  const known: Owner[] = owners.state === 'ready' ? owners.data : [];
  const nameOf = (reference: string) => known.find((each) => each.reference === reference)?.name ?? reference;
  const wanted = words.trim().toLocaleLowerCase();

  function drop(kept: Kept) {
    dropText(kept).then(
      () => {
        refresh((each) => each === key);
        say({
          text: t.manage.texts.dropped(kept.word),
          undo: () => {
            const { id: _id, meta: _meta, ...library } = kept.library ?? { resourceType: 'Library' as const, status: 'active' as const, type: {} };
            void keepText({ ...kept, library }).then(
              () => refresh((each) => each === key),
              () => say({ text: t.app.notDone, tone: 'bad' }),
            );
          },
        });
      },
      () => say({ text: t.app.notDone, tone: 'bad' }),
    );
  }

  return (
    <Panel
      title={t.admin.parts.texts}
      aside={
        <Button icon={<Icon name="plus" size={18} />} disabled={known.length === 0} onClick={() => setEdited({ library: null, word: '', kind: 'block', owner: known[0]?.reference ?? '', text: '' })}>
          {t.manage.texts.add}
        </Button>
      }
    >
      <Show query={texts}>
        {(all) =>
          all.length === 0 ? (
            <Note icon="document" title={t.manage.texts.none}>
              <p>{t.manage.texts.noneHelp}</p>
            </Note>
          ) : (
            <>
              <div className="inline-form" role="search">
                <InputField label={t.manage.texts.find} type="search" value={words} onChange={setWords} autoComplete="off" />
              </div>
              <Table title={t.admin.parts.texts} className="table-tall" heads={[t.manage.texts.word, t.manage.texts.kind, t.manage.texts.owner, t.manage.texts.text, <span className="hidden">{t.manage.texts.edit}</span>]}>
                {all
                  .filter((each) => `${each.word} ${nameOf(each.owner)} ${each.text}`.toLocaleLowerCase().includes(wanted))
                  .map((each) => (
                    <tr key={each.library?.id}>
                      <th scope="row">{each.word}</th>
                      <td>{t.manage.texts.kinds[each.kind]}</td>
                      <td>{nameOf(each.owner)}</td>
                      <td className="text-cut">{each.kind === 'template' ? '' : each.text}</td>
                      <td>
                        <span className="row-buttons">
                          <Button onClick={() => setEdited(each)} label={`${t.manage.texts.edit}: ${each.word}`}>
                            {t.manage.texts.edit}
                          </Button>
                          <Button onClick={() => drop(each)} label={`${t.manage.texts.drop}: ${each.word}`}>
                            {t.manage.texts.drop}
                          </Button>
                        </span>
                      </td>
                    </tr>
                  ))}
              </Table>
            </>
          )
        }
      </Show>
      {edited ? <TextDialog kept={edited} owners={known} onClose={() => setEdited(null)} /> : null}
    </Panel>
  );
}

function TextDialog({ kept, owners, onClose }: { kept: Kept; owners: Owner[]; onClose: () => void }) {
  const t = useText();
  const [wanted, setWanted] = useState(kept);
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState('');
  const isNew = !kept.library;
  const kinds: TextKind[] = wanted.kind === 'template' ? ['template'] : ['block', 'favourite'];

  function save() {
    if (busy) return;
    if (!wanted.word.trim() || !wanted.text.trim()) return setFault(t.manage.texts.need);
    setBusy(true);
    setFault('');
    keepText(wanted).then(
      () => {
        refresh((each) => each === key);
        say({ text: t.manage.texts.saved });
        onClose();
      },
      () => {
        setFault(t.app.notDone);
        setBusy(false);
      },
    );
  }

  return (
    <Dialog title={isNew ? t.manage.texts.add : kept.word} opened onClose={onClose} closeLabel={t.app.close} size="42rem">
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        <div className="field-grid">
          <InputField label={t.manage.texts.word} value={wanted.word} onChange={(word) => setWanted({ ...wanted, word })} autoComplete="off" />
          <SelectField label={t.manage.texts.kind} value={wanted.kind} onChange={(kind) => setWanted({ ...wanted, kind: kind as TextKind })} options={kinds.map((each) => ({ value: each, text: t.manage.texts.kinds[each] }))} />
          <SelectField label={t.manage.texts.owner} value={wanted.owner} onChange={(owner) => setWanted({ ...wanted, owner })} options={owners.map((each) => ({ value: each.reference, text: each.name }))} />
        </div>
        {wanted.kind === 'template' ? null : (
          <>
            <AreaField label={t.manage.texts.text} value={wanted.text} onChange={(text) => setWanted({ ...wanted, text })} rows={5} />
            <p className="field-help">{t.manage.texts.help}</p>
          </>
        )}
        {fault ? (
          <div role="alert">
            <Note icon="alert" tone="bad" title={fault} />
          </div>
        ) : null}
        <div className="actions">
          <Button kind="primary" submit busy={busy}>
            {t.manage.texts.save}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
