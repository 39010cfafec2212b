/* A new patient. The national number fills in what it says; who may be the same person is shown
 * beside the form while it is typed, before anything is made twice. */
import type { Bundle, Patient } from 'fhir/r4';
import { useEffect, useRef, useState } from 'react';
import { Link } from '../app/Link';
import { chartPath, go } from '../app/router';
import type { Session } from '../app/session';
import { act, create } from '../fhir/client';
import { Failure } from '../fhir/failure';
import { nameText } from '../fhir/read';
import { factsOf, Grade, reasonText } from '../people/TwinFacts';
import { twinsOf, type Twin } from '../people/twins';
import { languageNames, languages, useSpeech } from '../i18n';
import { showDate, showNationalNumber } from '../i18n/format';
import { Button, DateField, Icon, InputField, Note, Panel, say, SelectField } from '../ui';
import { readNumber } from './national';

interface Filled {
  family: string;
  given: string;
  birthDate: string;
  gender: string;
  number: string;
  phone: string;
  mail: string;
  language: string;
}

const numberSystem = 'https://www.ehealth.fgov.be/standards/fhir/core/NamingSystem/ssin';

function patientOf(filled: Filled): Patient {
  const { digits } = readNumber(filled.number);
  const telecom: Patient['telecom'] = [];
  if (filled.phone.trim()) telecom.push({ system: 'phone', use: 'mobile', value: filled.phone.trim() });
  if (filled.mail.trim()) telecom.push({ system: 'email', value: filled.mail.trim() });
  return {
    resourceType: 'Patient',
    active: true,
    name: [{ use: 'official', family: filled.family.trim(), ...(filled.given.trim() ? { given: filled.given.trim().split(/\s+/) } : {}) }],
    ...(filled.birthDate ? { birthDate: filled.birthDate } : {}),
    ...(filled.gender ? { gender: filled.gender as NonNullable<Patient['gender']> } : {}),
    ...(digits ? { identifier: [{ system: numberSystem, value: digits }] } : {}),
    ...(telecom.length > 0 ? { telecom } : {}),
    communication: [{ language: { coding: [{ system: 'urn:ietf:bcp:47', code: filled.language }] }, preferred: true }],
  };
}

const pauseMs = 350;

/* Who may be the same person, as the server judges it. */
function useTwins(filled: Filled): Twin[] {
  const [twins, setTwins] = useState<Twin[]>([]);
  const enough = (filled.family.trim().length > 1 && filled.given.trim() !== '' && filled.birthDate !== '') || readNumber(filled.number).state === 'right';
  const wanted = enough ? JSON.stringify([filled.family, filled.given, filled.birthDate, filled.number]) : '';
  useEffect(() => {
    if (!wanted) {
      setTwins([]);
      return;
    }
    let still = true;
    const timer = window.setTimeout(() => {
      act<Bundle>('Patient/$match', { resource: patientOf(filled), count: 5 }).then(
        (answer) => still && setTwins(twinsOf(answer)),
        () => still && setTwins([]),
      );
    }, pauseMs);
    return () => {
      still = false;
      window.clearTimeout(timer);
    };
    // filled is a fresh object at each key; wanted stands for it.
  }, [wanted]);
  return twins;
}

export default function NewPatientPage({ session }: { session: Session }) {
  const { t, language } = useSpeech();
  const [filled, setFilled] = useState<Filled>({ family: '', given: '', birthDate: '', gender: '', number: '', phone: '', mail: '', language });
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const first = useRef<HTMLInputElement>(null);
  const twins = useTwins(filled);
  const number = readNumber(filled.number);
  const set = (name: keyof Filled) => (value: string) => setFilled((now) => ({ ...now, [name]: value }));

  useEffect(() => {
    document.title = `${t.newPatient.title} – Aceso`;
    first.current?.focus();
  }, [t]);

  /* What the number says is filled in, and what was typed is never changed. */
  function setNumber(text: string) {
    const says = readNumber(text);
    setFilled((now) => ({ ...now, number: text, birthDate: now.birthDate || (says.born ?? ''), gender: now.gender || (says.sex ?? '') }));
  }

  const numberError = number.state === 'wrong' ? t.find.numberWrong : number.state === 'unfinished' && tried ? t.find.numberUnfinished(11 - number.digits.length) : null;
  const differs = number.born !== null && filled.birthDate !== '' && number.born !== filled.birthDate ? t.newPatient.differs(showDate(number.born)) : null;
  const complete = filled.family.trim() !== '' && filled.birthDate !== '' && filled.gender !== '';

  async function save() {
    setTried(true);
    if (busy || !complete || number.state === 'wrong' || number.state === 'unfinished') return;
    setBusy(true);
    try {
      const made = await create<Patient>(patientOf(filled));
      if (!made?.id) throw new Failure('server');
      await act(`Patient/${made.id}/$link`, { kind: 'contact', evidence: session.display }).catch(() => null);
      /* Who made it knows now what may be the same: one press away. */
      go(chartPath(made.id, twins.length > 0 ? 'duplicates' : 'summary'));
    } catch (error) {
      const { kind } = Failure.from(error);
      say({ text: kind === 'forbidden' ? t.newPatient.mayNot : t.app.notDone, tone: 'bad' });
    } finally {
      setBusy(false);
    }
  }

  return (
    <div className="page page-wide">
      <h1>{t.newPatient.title}</h1>
      <div className="split">
        <form
          className="panel form"
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            void save();
          }}
        >
          <InputField className="wide" label={t.newPatient.number} value={filled.number} onChange={setNumber} inputRef={first} inputMode="numeric" autoComplete="off" error={numberError} help={number.state === 'right' ? t.newPatient.numberRight(showNationalNumber(number.digits)) : t.newPatient.numberHelp} />
          <InputField label={t.newPatient.family} value={filled.family} onChange={set('family')} autoComplete="off" error={tried && !filled.family.trim() ? t.newPatient.needed : null} />
          <InputField label={t.newPatient.given} value={filled.given} onChange={set('given')} autoComplete="off" />
          <DateField label={t.newPatient.birthDate} value={filled.birthDate} onChange={set('birthDate')} error={tried && !filled.birthDate ? t.newPatient.needed : differs} />
          <SelectField
            label={t.newPatient.sex}
            value={filled.gender}
            onChange={set('gender')}
            options={[
              { value: '', text: '–' },
              { value: 'female', text: t.person.female },
              { value: 'male', text: t.person.male },
              { value: 'other', text: t.person.other },
              { value: 'unknown', text: t.person.unknown },
            ]}
          />
          <InputField label={t.person.phone} type="tel" value={filled.phone} onChange={set('phone')} autoComplete="off" />
          <InputField label={t.newPatient.mail} type="email" value={filled.mail} onChange={set('mail')} autoComplete="off" />
          <SelectField label={t.nav.language} value={filled.language} onChange={set('language')} options={languages.map((each) => ({ value: each, text: languageNames[each] }))} />
          <div className="wide rows-end">
            <Button kind="primary" submit busy={busy}>
              {t.newPatient.create}
            </Button>
            {tried && !complete ? <p role="alert" className="field-error">{t.newPatient.missing}</p> : null}
          </div>
        </form>
        <Panel title={t.newPatient.twins}>
          <div role="status">
            {twins.length === 0 ? (
              <Note title={t.newPatient.noTwins} />
            ) : (
              <p className="warn menu-row">
                <Icon name="alert" size={18} /> {t.newPatient.twinsHelp}
              </p>
            )}
          </div>
          <ul className="lines">
            {twins.map((each) => (
              <li className="line" key={each.patient.id}>
                <span className="line-main">
                  <span>
                    <Link href={chartPath(each.patient.id ?? '')}>{nameText(each.patient.name, t)}</Link> <Grade twin={each} />
                  </span>
                  <span className="line-more digits">{factsOf(each.patient, t)}</span>
                  <span className="line-more soft">{each.reasons.map((reason) => reasonText(reason, t)).join(' · ')}</span>
                </span>
              </li>
            ))}
          </ul>
        </Panel>
      </div>
    </div>
  );
}
