/* Texts of centres and people, kept under a word: list, change, new, away with undo. */
import { useState } from 'react';
import { refresh, useQuery } from '../fhir/query';
import { nameText } from '../fhir/read';
import { useText } from '../i18n';
import { AreaField, Button, Dialog, Icon, InputField, Note, Panel, say, SelectField, Show, Table } from '../ui';
import { parts, type Part } from '../consult/note';
import { templateParts, templateText, type TemplatePart } from '../consult/templates';
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
                      <td className="text-cut">{each.kind === 'template' ? templateParts(each.text).map((one) => one.text).join(' · ') : each.text}</td>
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
  const [sections, setSections] = useState<TemplatePart[]>(() => (kept.kind === 'template' ? templateParts(kept.text) : parts.map((part) => ({ part, title: '', text: '' }))));
  /* What one was made for, it stays. */
  const kinds: TextKind[] = isNew ? ['block', 'template', 'favourite'] : kept.kind === 'template' ? ['template'] : ['block', 'favourite'];
  const isTemplate = wanted.kind === 'template';

  function save() {
    if (busy) return;
    const empty = isTemplate ? sections.every((each) => each.text.trim() === '') : wanted.text.trim() === '';
    if (!wanted.word.trim() || empty) return setFault(t.manage.texts.need);
    if (isTemplate && sections.some((each) => !each.part && each.text.trim() !== '' && each.title.trim() === '')) return setFault(t.manage.texts.needHeading);
    setBusy(true);
    setFault('');
    keepText(isTemplate ? { ...wanted, text: templateText(wanted.word.trim(), sections, t.consult.parts) } : wanted).then(
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
        {isTemplate ? (
          <TemplateFields sections={sections} onChange={setSections} />
        ) : (
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

/* The parts of a note, each with what it begins with. A heading of one's own stands below the part
 * before it. */
function TemplateFields({ sections, onChange }: { sections: TemplatePart[]; onChange: (sections: TemplatePart[]) => void }) {
  const t = useText();
  const put = (at: number, change: Partial<TemplatePart>) => onChange(sections.map((each, index) => (index === at ? { ...each, ...change } : each)));
  const swap = (at: number) => onChange(sections.map((each, index) => (index === at ? (sections[at - 1] ?? each) : index === at - 1 ? (sections[at] ?? each) : each)));
  return (
    <>
      {sections.map((each, at) => {
        const name = each.part ? t.consult.parts[each.part] : each.title || t.manage.texts.heading;
        return (
          <section className="template-part" key={at} aria-label={name}>
            <div className="field-row">
              <SelectField label={t.manage.texts.part} value={each.part ?? ''} onChange={(next) => put(at, { part: parts.find((one) => one === next) ?? null })} options={[...parts.map((part: Part) => ({ value: part as string, text: t.consult.parts[part] })), { value: '', text: t.manage.texts.own }]} />
              {each.part ? null : <InputField label={t.manage.texts.heading} value={each.title} onChange={(title) => put(at, { title })} autoComplete="off" />}
              <Button kind="plain" disabled={at === 0} label={`${t.manage.texts.up}: ${name}`} onClick={() => swap(at)}>
                {t.manage.texts.up}
              </Button>
              <Button kind="plain" label={`${t.manage.texts.drop}: ${name}`} onClick={() => onChange(sections.filter((_, index) => index !== at))}>
                {t.manage.texts.drop}
              </Button>
            </div>
            <AreaField label={`${t.manage.texts.text}: ${name}`} labelHidden value={each.text} onChange={(text) => put(at, { text })} rows={3} />
          </section>
        );
      })}
      <Button icon={<Icon name="plus" size={18} />} onClick={() => onChange([...sections, { part: parts.find((part) => !sections.some((each) => each.part === part)) ?? null, title: '', text: '' }])}>
        {t.manage.texts.addPart}
      </Button>
      <p className="field-help">{t.manage.texts.help}</p>
    </>
  );
}
