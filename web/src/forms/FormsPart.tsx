/* The forms of a patient: those that were filled in, to be read and corrected; those that he is
 * asked for; and, for staff, all that can be filled in now. */
import type { Questionnaire, QuestionnaireResponse, QuestionnaireResponseItem, QuestionnaireResponseItemAnswer, Task } from 'fhir/r4';
import { useState } from 'react';
import { isPatientSide } from '../app/places';
import { formPath, go } from '../app/router';
import type { Session } from '../app/session';
import { Failure } from '../fhir/failure';
import { digitsOf } from '../fhir/decimal';
import { showNumber } from '../fhir/measure';
import { Who } from '../people/Who';
import { useSpeech, useText, type Language } from '../i18n';
import type { Messages } from '../i18n/fr';
import { showDate, showDateTime } from '../i18n/format';
import { Button, Icon, Note, Panel, say, Show } from '../ui';
import { AskedOfMe } from './AskedOfMe';
import { Reader, type Opened } from '../chart/Reader';
import { askPatient, formIdOf, formOf, useAsks, useForms, useResponses, withdraw } from './data';
import { textsOf, titleOf } from './model';

export default function FormsPart({ patientId, session }: { patientId: string; session: Session }) {
  return (
    <>
      {isPatientSide(session) ? <AskedOfMe session={session} of={`Patient/${patientId}`} /> : null}
      {isPatientSide(session) ? null : <Blank patientId={patientId} session={session} />}
      <FilledIn patientId={patientId} session={session} />
    </>
  );
}

/* ---- what staff can begin */

function Blank({ patientId, session }: { patientId: string; session: Session }) {
  const { t, language } = useSpeech();
  const forms = useForms();
  const asks = useAsks(patientId);
  const waiting = asks.state === 'ready' ? asks.data : [];
  return (
    <Panel title={t.forms.blank} count={forms.state === 'ready' ? forms.data.length : undefined}>
      <Show query={forms}>
        {(all) =>
          all.length === 0 ? (
            <Note icon="document" title={t.forms.noneBlank}>
              <p>{t.forms.noneBlankHelp}</p>
            </Note>
          ) : (
            <ul className="rows">
              {all.map((each) => (
                <BlankRow key={each.id} form={each} title={titleOf(each, language)} patientId={patientId} session={session} asked={waiting.find((one) => formIdOf(one) === each.id) ?? null} />
              ))}
            </ul>
          )
        }
      </Show>
    </Panel>
  );
}

function BlankRow({ form, title, patientId, session, asked }: { form: Questionnaire; title: string; patientId: string; session: Session; asked: Task | null }) {
  const t = useText();
  const [busy, setBusy] = useState(false);
  const run = (deed: Promise<void>, said: string) => {
    setBusy(true);
    deed
      .then(
        () => say({ text: said }),
        (error: unknown) => say({ text: Failure.from(error).kind === 'forbidden' ? t.forms.mayNotAsk : t.app.notDone, tone: 'bad' }),
      )
      .finally(() => setBusy(false));
  };
  return (
    <li>
      <span>
        <strong>{title}</strong>
        {asked ? <span className="tag">{t.forms.askedOn(showDate(asked.authoredOn))}</span> : null}
        {form.description ? <span className="line-more soft">{form.description}</span> : null}
      </span>
      <span className="row-acts">
        {asked ? (
          <Button kind="plain" busy={busy} label={`${t.forms.withdraw}: ${title}`} onClick={() => run(withdraw(patientId, asked), t.forms.withdrawn)}>
            {t.forms.withdraw}
          </Button>
        ) : (
          <Button kind="plain" busy={busy} label={`${t.forms.ask}: ${title}`} onClick={() => run(askPatient(patientId, form, title, session.reference), t.forms.askedNow)}>
            {t.forms.ask}
          </Button>
        )}
        <Button label={`${t.forms.fill}: ${title}`} onClick={() => go(formPath(patientId, form.id ?? ''))}>
          {t.forms.fill}
        </Button>
      </span>
    </li>
  );
}

/* ---- what was filled in */

function FilledIn({ patientId, session }: { patientId: string; session: Session }) {
  const { t, language } = useSpeech();
  const query = useResponses(patientId);
  const forms = useForms();
  const [opened, setOpened] = useState<string | null>(null);
  const all = forms.state === 'ready' ? forms.data : [];
  return (
    <Panel title={t.forms.filledIn} count={query.state === 'ready' ? query.data.length : undefined}>
      <Show query={query} rows={4}>
        {(responses) =>
          responses.length === 0 ? (
            <Note icon="document" title={t.forms.noneFilledIn} />
          ) : (
            <ul className="rows">
              {responses.map((each) => {
                const form = formOf(each, all);
                const title = form ? titleOf(form, language) : t.forms.unnamed;
                const open = opened === each.id;
                return (
                  <li key={each.id} className="filled-row">
                    <button type="button" className="filled-head" aria-expanded={open} onClick={() => setOpened(open ? null : (each.id ?? null))}>
                      <Icon name="chevron" size={18} />
                      <span>
                        <strong>{title}</strong>
                        <span className="line-more soft digits">
                          {showDateTime(each.authored)}
                          {' · '}
                          {each.author?.reference === `Patient/${patientId}` ? t.forms.byPatient : <Who reference={each.author} />}
                          {each.status === 'amended' ? ` · ${t.forms.amended}` : ''}
                        </span>
                      </span>
                    </button>
                    {open ? <Answers response={each} patientId={patientId} form={form} session={session} /> : null}
                  </li>
                );
              })}
            </ul>
          )
        }
      </Show>
    </Panel>
  );
}

function Answers({ response, patientId, form, session }: { response: QuestionnaireResponse; patientId: string; form: Questionnaire | null; session: Session }) {
  const { t, language } = useSpeech();
  const own = session.reference === `Patient/${patientId}`;
  const may = own ? response.author?.reference === session.reference : !isPatientSide(session);
  const texts = form ? textsOf(form, language) : new Map<string, string>();
  const [opened, setOpened] = useState<Opened | null>(null);
  return (
    <div className="answers">
      <AnswerList items={response.item ?? []} texts={texts} t={t} language={language} onOpen={setOpened} />
      {opened ? <Reader opened={opened} onClose={() => setOpened(null)} /> : null}
      {form && may ? (
        <div className="rows-end no-print">
          <Button kind="plain" icon={<Icon name="pen" size={18} />} onClick={() => go(formPath(patientId, form.id ?? '', response.id))}>
            {t.forms.amend}
          </Button>
        </div>
      ) : null}
    </div>
  );
}

function answerText(answer: QuestionnaireResponseItemAnswer, t: Messages, language: Language): string {
  const { valueQuantity: quantity } = answer;
  if (answer.valueBoolean !== undefined) return answer.valueBoolean ? t.forms.yes : t.forms.no;
  if (quantity) return `${showNumber(digitsOf(quantity, 'value') ?? '', language)} ${quantity.unit ?? quantity.code ?? ''}`.trim();
  if (answer.valueDecimal !== undefined) return showNumber(digitsOf(answer, 'valueDecimal') ?? '', language);
  if (answer.valueDate !== undefined) return showDate(answer.valueDate);
  if (answer.valueDateTime !== undefined) return showDateTime(answer.valueDateTime);
  if (answer.valueTime !== undefined) return answer.valueTime.slice(0, 5);
  if (answer.valueReference) return answer.valueReference.display ?? '';
  return answer.valueCoding?.display ?? answer.valueCoding?.code ?? answer.valueString ?? answer.valueUri ?? (answer.valueInteger === undefined ? '' : String(answer.valueInteger));
}

function AnswerList({ items, texts, t, language, onOpen }: { items: QuestionnaireResponseItem[]; texts: ReadonlyMap<string, string>; t: Messages; language: Language; onOpen: (opened: Opened) => void }) {
  return (
    <dl className="answer-list">
      {items.map((each, at) => {
        const below = [...(each.item ?? []), ...(each.answer ?? []).flatMap((one) => one.item ?? [])];
        const text = (each.answer ?? []).map((one) => answerText(one, t, language)).filter(Boolean).join(', ');
        const files = (each.answer ?? []).flatMap((one) => one.valueAttachment ?? []);
        return (
          <div key={`${each.linkId} ${at}`} className={text || files.length > 0 ? 'answer' : 'answer answer-group'}>
            <dt>{texts.get(each.linkId) ?? each.text ?? each.linkId}</dt>
            {text ? <dd>{text}</dd> : null}
            {files.map((file, index) => (
              <dd key={index}>
                <Button icon={<Icon name="document" size={18} />} label={`${t.documents.open}: ${file.title ?? ''}`} onClick={() => onOpen({ attachment: file, name: file.title ?? t.forms.file })}>
                  {file.title ?? t.forms.file}
                </Button>
              </dd>
            ))}
            {below.length > 0 ? (
              <dd className="answer-below">
                <AnswerList items={below} texts={texts} t={t} language={language} onOpen={onOpen} />
              </dd>
            ) : null}
          </div>
        );
      })}
    </dl>
  );
}
