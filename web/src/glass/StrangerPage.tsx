/* Somebody whom the user does not care for yet, named exactly: then the chart opens by a link, or in
 * an emergency by the broken glass. The server answers alike for nobody and for several, and so does
 * this page. With a patientId: the emergency of a patient who is on the screen already. */
import { useEffect, useRef, useState, type FormEvent } from 'react';
import { chartPath, go } from '../app/router';
import type { Session } from '../app/session';
import { useStepUp } from '../app/StepUp';
import { Banner } from '../chart/Banner';
import { usePatient } from '../chart/data';
import { Failure } from '../fhir/failure';
import { useText } from '../i18n';
import type { Messages } from '../i18n/fr';
import { readNumber } from '../patients/national';
import { AreaField, Button, Chips, DateField, FailureNote, Icon, InputField, Loading, Note, SelectField } from '../ui';
import { breakGlass, breakGlassOf, glassCodes, isGlassCode, kindsOf, link, numberSystem, type GlassCode, type LinkKind, type Named } from './data';

type Way = 'number' | 'name';
type Aim = 'care' | 'emergency';
const evidences = ['card', 'here', 'letter', 'visit', 'other'] as const;
type Evidence = (typeof evidences)[number];

interface Filled {
  way: Way;
  number: string;
  family: string;
  given: string;
  birthDate: string;
  gender: string;
  aim: Aim;
  kind: LinkKind;
  evidence: Evidence;
  details: string;
  code: GlassCode | '';
  reason: string;
}

type Set = <K extends keyof Filled>(name: K) => (value: Filled[K]) => void;
interface Part {
  filled: Filled;
  set: Set;
  tried: boolean;
}

function namedBy({ way, number, family, given, birthDate, gender }: Filled): Named | null {
  if (way === 'number') {
    const { digits, state } = readNumber(number);
    return state === 'right' ? { identifier: `${numberSystem}|${digits}` } : null;
  }
  const whole = { family: family.trim(), given: given.trim(), birthdate: birthDate, gender };
  return Object.values(whole).every((each) => each !== '') ? whole : null;
}

const evidenceOf = ({ evidence, details }: Filled, t: Messages): string => [evidence === 'other' ? '' : t.glass.evidences[evidence], details.trim()].filter(Boolean).join('. ');

/* What is asked for, or null while something is missing. */
function actOf(filled: Filled, patientId: string | null, t: Messages): (() => Promise<string>) | null {
  const { aim, code, kind } = filled;
  const reason = filled.reason.trim();
  const named = patientId === null ? namedBy(filled) : null;
  if (aim === 'emergency') {
    if (!isGlassCode(code) || reason === '') return null;
    if (patientId !== null) return () => breakGlassOf(patientId, code, reason);
    return named && (() => breakGlass(named, code, reason));
  }
  const evidence = evidenceOf(filled, t);
  return named && evidence !== '' ? () => link(named, kind, evidence) : null;
}

export default function StrangerPage({ session, patientId }: { session: Session; patientId: string | null }) {
  const t = useText();
  useEffect(() => {
    document.title = `${patientId === null ? t.glass.way : t.glass.hereTitle} – Aceso`;
  }, [t, patientId]);
  if (patientId !== null) return <Here session={session} patientId={patientId} />;
  return (
    <div className="page page-form">
      <h1>{t.glass.way}</h1>
      <p className="lead">{t.glass.lead}</p>
      <Form session={session} patientId={null} />
    </div>
  );
}

function Here({ session, patientId }: { session: Session; patientId: string }) {
  const t = useText();
  const query = usePatient(patientId);
  if (query.state === 'loading') return <Loading rows={6} />;
  return (
    <div className="chart">
      {query.state === 'ready' ? (
        <div className="chart-top">
          <Banner patient={query.data} patientId={patientId} />
        </div>
      ) : null}
      <div className="page page-form">
        {query.state === 'failed' ? (
          <>
            <h1>{t.glass.hereTitle}</h1>
            <FailureNote failure={query.failure} retry={query.retry} />
          </>
        ) : (
          <>
            <h2>{t.glass.hereTitle}</h2>
            <p className="lead">{t.glass.hereLead}</p>
            <Form session={session} patientId={patientId} />
          </>
        )}
      </div>
    </div>
  );
}

type Trouble = 'nobody' | 'mayNot' | 'notYet' | 'offline' | null;

function troubleOf(error: unknown): Trouble {
  const { kind } = Failure.from(error);
  if (kind === 'aborted') return null;
  if (kind === 'notFound') return 'nobody';
  if (kind === 'forbidden') return 'mayNot';
  return kind === 'offline' ? 'offline' : 'notYet';
}

function Form({ session, patientId }: { session: Session; patientId: string | null }) {
  const t = useText();
  const stepUp = useStepUp();
  const kinds = kindsOf(session);
  const [filled, setFilled] = useState<Filled>({ way: 'number', number: '', family: '', given: '', birthDate: '', gender: '', aim: patientId === null ? 'care' : 'emergency', kind: kinds[0] ?? 'contact', evidence: 'card', details: '', code: '', reason: '' });
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<Trouble>(null);
  const form = useRef<HTMLFormElement>(null);
  const wrong = useRef<HTMLDivElement>(null);
  const set: Set = (name) => (value) => {
    setTrouble(null);
    setFilled((now) => ({ ...now, [name]: value }));
  };
  const part = { filled, set, tried };
  const act = actOf(filled, patientId, t);

  useEffect(() => {
    if (trouble) wrong.current?.focus();
  }, [trouble]);

  async function open(event: FormEvent) {
    event.preventDefault();
    if (busy) return;
    setTried(true);
    if (!act) {
      /* The first that lacks something; it is marked in this same turn. */
      window.setTimeout(() => form.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus(), 0);
      return;
    }
    setBusy(true);
    setTrouble(null);
    try {
      go(chartPath(await stepUp(act)));
    } catch (error) {
      setTrouble(troubleOf(error));
      setBusy(false);
    }
  }

  return (
    <form ref={form} className="panel glass-form" noValidate onSubmit={(event) => void open(event)}>
      {patientId === null ? <Who {...part} /> : null}
      {patientId === null && session.breaksGlass ? (
        <>
          <h2>{t.glass.wanted}</h2>
          <Chips label={t.glass.wanted} name="aim" value={filled.aim} options={(['care', 'emergency'] as const).map((value) => ({ value, text: t.glass.aims[value] }))} onChange={set('aim')} />
        </>
      ) : null}
      {filled.aim === 'care' ? <Care {...part} kinds={kinds} /> : <Emergency {...part} />}
      <div ref={wrong} tabIndex={-1} role="alert" className="glass-trouble">
        {tried && !act ? <p className="field-error">{t.glass.incomplete}</p> : null}
        {trouble ? <Said trouble={trouble} t={t} /> : null}
      </div>
      <div className="actions">
        <Button kind={filled.aim === 'care' ? 'primary' : 'danger'} submit busy={busy}>
          {filled.aim === 'care' ? t.glass.openChart : t.glass.breakNow}
        </Button>
      </div>
    </form>
  );
}

function Said({ trouble, t }: { trouble: Exclude<Trouble, null>; t: Messages }) {
  const title = { nobody: t.glass.nobody, mayNot: t.glass.mayNot, notYet: t.glass.notYet, offline: t.failures.offline }[trouble];
  return (
    <Note icon={trouble === 'offline' ? 'cloudOff' : 'alert'} title={title} tone="bad">
      {trouble === 'nobody' ? <p>{t.glass.nobodyHelp}</p> : null}
    </Note>
  );
}

function Who({ filled, set, tried }: Part) {
  const t = useText();
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => first.current?.focus(), [filled.way]);
  const lacks = (text: string) => (tried && text.trim() === '' ? t.glass.needed : null);
  const number = readNumber(filled.number);
  const numberError = number.state === 'wrong' ? t.find.numberWrong : tried && number.state === 'unfinished' ? t.find.numberUnfinished(11 - number.digits.length) : lacks(filled.number);
  return (
    <>
      <h2>{t.glass.who}</h2>
      <Chips label={t.glass.who} name="way" value={filled.way} options={(['number', 'name'] as const).map((value) => ({ value, text: t.glass.ways[value] }))} onChange={set('way')} />
      {filled.way === 'number' ? (
        <InputField label={t.glass.ways.number} value={filled.number} onChange={set('number')} inputRef={first} inputMode="numeric" autoComplete="off" error={numberError} />
      ) : (
        <div className="field-grid">
          <InputField label={t.newPatient.family} value={filled.family} onChange={set('family')} inputRef={first} autoComplete="off" error={lacks(filled.family)} help={t.glass.wholeHelp} />
          <InputField label={t.glass.given} value={filled.given} onChange={set('given')} autoComplete="off" error={lacks(filled.given)} />
          <DateField label={t.newPatient.birthDate} value={filled.birthDate} onChange={set('birthDate')} error={lacks(filled.birthDate)} />
          <SelectField
            label={t.newPatient.sex}
            value={filled.gender}
            onChange={set('gender')}
            error={lacks(filled.gender)}
            options={[{ value: '', text: t.glass.choose }, ...(['female', 'male', 'other', 'unknown'] as const).map((value) => ({ value, text: t.person[value] }))]}
          />
        </div>
      )}
    </>
  );
}

function Care({ filled, set, tried, kinds }: Part & { kinds: LinkKind[] }) {
  const t = useText();
  const other = filled.evidence === 'other';
  return (
    <>
      <div className="field-grid">
        {kinds.length > 1 ? <SelectField label={t.glass.kind} value={filled.kind} onChange={(value) => set('kind')(value as LinkKind)} options={kinds.map((value) => ({ value, text: t.glass.kinds[value] }))} /> : null}
        <SelectField label={t.glass.evidence} value={filled.evidence} onChange={(value) => set('evidence')(value as Evidence)} options={evidences.map((value) => ({ value, text: t.glass.evidences[value] }))} />
      </div>
      <AreaField label={t.glass.details} rows={2} value={filled.details} onChange={set('details')} help={other ? null : t.glass.detailsHelp} error={other && tried && filled.details.trim() === '' ? t.glass.needed : null} />
      <p className="soft">{t.glass.careHelp}</p>
    </>
  );
}

function Emergency({ filled, set, tried }: Part) {
  const t = useText();
  const { one, sees, reviewed, prove, never } = t.glass.rules;
  return (
    <>
      <div className="glass-rules">
        <Icon name="alert" size={22} />
        <div>
          <h3>{t.glass.rulesTitle}</h3>
          <ul>
            {[one, sees, reviewed, prove, never].map((each) => (
              <li key={each}>{each}</li>
            ))}
          </ul>
        </div>
      </div>
      <SelectField
        label={t.glass.code}
        value={filled.code}
        onChange={(value) => set('code')(isGlassCode(value) ? value : '')}
        error={tried && filled.code === '' ? t.glass.needed : null}
        options={[{ value: '', text: t.glass.choose }, ...glassCodes.map((value) => ({ value, text: t.glass.codes[value] }))]}
      />
      <AreaField label={t.glass.reason} rows={2} value={filled.reason} onChange={set('reason')} help={t.glass.reasonHelp} error={tried && filled.reason.trim() === '' ? t.glass.needed : null} />
    </>
  );
}
