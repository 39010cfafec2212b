/* A form is filled in: everything that is typed is kept on the server while it is, what is wrong
 * is said beside the question, and what became of it is shown at the end. */
import type { Questionnaire, QuestionnaireItem, QuestionnaireResponse } from 'fhir/r4';
import { useEffect, useMemo, useRef, useState } from 'react';
import { isPatientSide } from '../app/places';
import { chartPath, go } from '../app/router';
import type { Session } from '../app/session';
import { Banner } from '../chart/Banner';
import { usePatient } from '../chart/data';
import { useDraft, type Draft } from '../consult/draft';
import { Failure } from '../fhir/failure';
import { measureText, seriesOf } from '../fhir/measure';
import { useQuery } from '../fhir/query';
import { nameText } from '../fhir/read';
import { useSpeech, useText } from '../i18n';
import { Button, FailureNote, Icon, Loading, Note, Panel, Show } from '../ui';
import { finishAsks, formsChanged, readResponse, refusedLinks, submit, useForm, useMeasured } from './data';
import { faultText, questionId, Questions } from './Field';
import { forgetFiles } from './files';
import { askedOf, emptyForm, faultsOf, filledFrom, formAgain, responseOf, textOf, titleOf, type Fault, type Filled } from './model';

interface Props {
  patientId: string;
  formId: string;
  /* A form of before that is corrected. */
  responseId: string | null;
  session: Session;
}

export default function FormPage({ patientId, formId, responseId, session }: Props) {
  const { t, language } = useSpeech();
  const patient = usePatient(patientId);
  const form = useForm(formId);
  const before = useQuery(`${patientId} response ${responseId}`, async (signal) => (responseId ? readResponse(patientId, responseId, signal) : null));
  const title = form.state === 'ready' ? titleOf(form.data, language) : t.chart.forms;
  const who = patient.state === 'ready' ? nameText(patient.data.name, t) : '';
  useEffect(() => {
    document.title = [who, title, 'Aceso'].filter(Boolean).join(' – ');
  }, [who, title]);
  if (patient.state === 'failed') {
    return (
      <div className="page">
        <h1 className="hidden">{t.chart.banner}</h1>
        <FailureNote failure={patient.failure} retry={patient.retry} />
      </div>
    );
  }
  if (patient.state === 'loading') return <Loading rows={6} />;
  const own = session.reference === `Patient/${patientId}`;
  return (
    <div className="chart">
      {own ? (
        <div className="form-page">
          <h1>{title}</h1>
        </div>
      ) : (
        <div className="chart-top">
          <Banner patient={patient.data} patientId={patientId} />
        </div>
      )}
      <div className="form-page">
        {own ? null : <h2 className="form-title">{title}</h2>}
        <Show query={form} rows={8}>
          {(found) => <Show query={before} rows={8}>{(response) => <Filling key={responseId} form={found} formId={formId} before={response} patientId={patientId} session={session} />}</Show>}
        </Show>
      </div>
    </div>
  );
}

function find(items: QuestionnaireItem[] | undefined, linkId: string): QuestionnaireItem | null {
  for (const item of items ?? []) {
    const found = item.linkId === linkId ? item : find(item.item, linkId);
    if (found) return found;
  }
  return null;
}

function Filling({ form, formId, before, patientId, session }: { form: Questionnaire; formId: string; before: QuestionnaireResponse | null; patientId: string; session: Session }) {
  const { t, language } = useSpeech();
  const draft = useDraft(`form Patient/${patientId} ${formId}${before ? ` ${before.id}` : ''}`);
  const [tried, setTried] = useState(false);
  const [refused, setRefused] = useState<string[]>([]);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [done, setDone] = useState<string | null>(null);
  const summary = useRef<HTMLDivElement>(null);
  /* Corrected: its files are read out of it once, and kept by name. */
  const again = useMemo(() => (before ? formAgain(form, before) : null), [form, before]);
  useEffect(() => forgetFiles, []);

  if (done) return <Done formTitle={titleOf(form, language)} patientId={patientId} responseId={done} session={session} />;
  if (draft.state === 'loading') return <Loading rows={8} />;
  if (draft.state === 'conflict') return <Two draft={draft} />;

  const filled = filledFrom(draft.text) ?? again ?? emptyForm(form);
  const asked = askedOf(form, filled);
  const wrong = faultsOf(form, filled);
  const faults = new Map<string, Fault>([...refused.map((each) => [each, 'refused'] as const), ...(tried ? wrong.map((each) => [each.linkId, each.fault] as const) : [])]);
  const set = (next: Filled) => {
    setRefused([]);
    draft.set(JSON.stringify(next));
  };
  const toQuestion = (linkId: string) => {
    const place = document.getElementById(questionId(linkId));
    const field = place?.querySelector<HTMLElement>('input, textarea, select');
    place?.scrollIntoView({ block: 'center' });
    (field ?? place)?.focus({ preventScroll: true });
  };

  async function send() {
    setTried(true);
    setFailure(null);
    if (wrong.length > 0) {
      window.setTimeout(() => summary.current?.focus(), 0);
      return;
    }
    setBusy(true);
    try {
      const made = await submit(responseOf(form, filled, patientId, language), before?.id ?? null);
      if (session.reference === `Patient/${patientId}`) await finishAsks(patientId, formId, new AbortController().signal).catch(() => null);
      await draft.drop();
      formsChanged(patientId);
      window.scrollTo(0, 0);
      setDone(made.id ?? null);
    } catch (error) {
      const why = Failure.from(error);
      const links = refusedLinks(why);
      setRefused(links);
      setFailure(why);
      if (links.length > 0) window.setTimeout(() => summary.current?.focus(), 0);
    } finally {
      setBusy(false);
    }
  }

  const listed = [...faults].map(([linkId, fault]) => ({ linkId, fault, item: find(form.item, linkId) }));
  return (
    <form
      className="filling"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy) void send();
      }}
    >
      {form.description ? <p className="lead">{form.description}</p> : null}
      <p className="field-help">
        {t.forms.stars} {t.forms.keptHelp}
      </p>
      {listed.length > 0 ? (
        <div className="form-summary" role="alert" tabIndex={-1} ref={summary}>
          <p>
            <strong>{t.forms.missing(listed.length)}</strong>
          </p>
          <ul>
            {listed.map((each) => (
              <li key={each.linkId}>
                <button type="button" className="text-button" onClick={() => toQuestion(each.linkId)}>
                  {each.item ? `${textOf(each.item, language)}: ${faultText(each.fault, each.item, t)}` : each.linkId}
                </button>
              </li>
            ))}
          </ul>
        </div>
      ) : null}
      <Questions asking={{ form, patientId, asked, faults }} items={form.item ?? []} filled={filled} onChange={set} depth={0} />
      {failure && refused.length === 0 ? (
        <div role="alert">
          <Note icon="alert" tone="bad" title={failure.kind === 'forbidden' ? t.forms.mayNot : failure.kind === 'offline' ? t.failures.offline : t.forms.notSent}>
            <p>{t.forms.nothingLost}</p>
          </Note>
        </div>
      ) : null}
      <div className="form-foot no-print">
        <Button kind="primary" submit busy={busy} icon={<Icon name="check" size={18} />}>
          {before ? t.forms.correct : t.forms.submit}
        </Button>
        <Button kind="plain" onClick={() => go(chartPath(patientId, 'forms'))}>
          {t.forms.later}
        </Button>
        <Kept draft={draft} />
      </div>
    </form>
  );
}

function Kept({ draft }: { draft: Draft }) {
  const t = useText();
  const words = { loading: '', saved: draft.text ? t.forms.kept : '', typing: t.forms.keeping, saving: t.forms.keeping, offline: t.forms.notKept, conflict: '' };
  return (
    <p role="status" className={`kept kept-${draft.state}`}>
      {words[draft.state]}
    </p>
  );
}

/* Both windows stand; one is chosen. */
function Two({ draft }: { draft: Draft }) {
  const t = useText();
  return (
    <div className="conflict" role="alert">
      <p>{t.forms.twoWindows}</p>
      <div className="rows-end">
        <Button kind="primary" onClick={() => draft.settle(draft.text)}>
          {t.forms.keepMine}
        </Button>
        <Button onClick={() => draft.settle(draft.theirs ?? '')}>{t.forms.keepTheirs}</Button>
      </div>
    </div>
  );
}

/* What the record has now. */
function Done({ formTitle, patientId, responseId, session }: { formTitle: string; patientId: string; responseId: string; session: Session }) {
  const { t, language } = useSpeech();
  const query = useMeasured(patientId, responseId);
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => place.current?.focus(), []);
  const door = isPatientSide(session);
  return (
    <div className="form-done" tabIndex={-1} ref={place} role="status">
      <Note icon="check" title={door ? t.forms.thanks : t.forms.handedIn(formTitle)}>
        <p>{door ? t.forms.thanksHelp : t.forms.handedInHelp}</p>
      </Note>
      {query.state === 'ready' && query.data.length > 0 ? (
        <Panel title={t.forms.measured}>
          <ul className="values">
            {seriesOf(query.data, t, language).map((each) => (
              <li key={each.key}>
                <span>{each.name}</span>
                <span className="digits">
                  <strong>{each.measures[0] ? measureText(each.measures[0]) : ''}</strong> <span className="unit">{each.unit}</span>
                </span>
              </li>
            ))}
          </ul>
        </Panel>
      ) : null}
      <div className="form-foot">
        <Button kind="primary" onClick={() => go(chartPath(patientId, 'forms'))}>
          {t.forms.toAll}
        </Button>
        {door ? <Button onClick={() => go('/')}>{t.places.home}</Button> : null}
      </div>
    </div>
  );
}
