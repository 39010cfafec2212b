import type { Patient } from 'fhir/r4';
import { lazy, Suspense, useEffect, type ReactNode } from 'react';
import { Link } from '../app/Link';
import { isClinical, isPatientSide, mayMerge, seesPart } from '../app/places';
import { chartPath, consultPath, go, sections, type Section } from '../app/router';
import type { Session } from '../app/session';
import { nameText } from '../fhir/read';
import { GlassWay, StrangerWay } from '../glass/Ways';
import { useText } from '../i18n';
import { noteOpened } from '../patients/recent';
import { Button, FailureNote, Icon, Loading } from '../ui';
import { MergedNote, TwinNotice } from '../people/MergedNote';
import { mergedInto, successorOf } from '../people/twins';
import { Banner } from './Banner';
import { usePatient } from './data';
import { Documents } from './Documents';
import { Medicines } from './Medicines';
import { Notes } from './Notes';
import { Programs } from './Programs';
import { Results } from './Results';
import { PlainRecord } from '../door/PlainRecord';
import { Summary } from './Summary';
import { Timeline } from './Timeline';
import { Vaccines } from './Vaccines';
import { Vitals } from './Vitals';
import { WhoLooked } from './WhoLooked';

const FormsPart = lazy(() => import('../forms/FormsPart'));
const Duplicates = lazy(() => import('../people/Duplicates'));

/* Of these a reception sees nothing: an empty list there would be a false one. */
const clinicalParts: Section[] = ['notes', 'results', 'vitals', 'medicines', 'vaccines', 'documents', 'forms'];

/* Who looked is for the person, for whom acts for him, and for auditors; others would be refused.
 * Duplicates have a tab for the reception; others come to them by the notice above. */
function sectionsFor(session: Session, here: Section, patient: Patient): readonly Section[] {
  const absent = new Set<Section>();
  if (!['patient', 'auditor'].includes(session.role)) absent.add('looked');
  if (['secretary', 'billing'].includes(session.role)) for (const each of clinicalParts) absent.add(each);
  for (const each of ['results', 'vitals', 'medicines'] as const) if (!seesPart(session, each)) absent.add(each);
  const twins = session.role === 'secretary' || (mayMerge(session) && (here === 'duplicates' || mergedInto(patient).length > 0));
  if (!twins) absent.add('duplicates');
  return sections.filter((each) => !absent.has(each));
}

interface Props {
  patientId: string;
  section: Section;
  session: Session;
}

/* The banner stands first and stays; no part of the record is asked for before the person is
 * known to exist for this user. */
export default function ChartPage({ patientId, section, session }: Props) {
  const t = useText();
  const query = usePatient(patientId);
  const patient = query.state === 'ready' ? query.data : null;

  useEffect(() => {
    if (!patient) {
      document.title = 'Aceso';
      return;
    }
    noteOpened(patient);
    document.title = `${nameText(patient.name, t)} – ${t.chart[section]} – Aceso`;
  }, [patient, section, t]);

  if (query.state === 'loading') return <Loading rows={6} />;
  if (query.state === 'failed') {
    return (
      <div className="page">
        <h1 className="hidden">{t.chart.banner}</h1>
        <FailureNote failure={query.failure} retry={query.retry} />
        {query.failure.kind === 'notFound' ? <StrangerWay /> : null}
      </div>
    );
  }

  /* What lives on in another record gets nothing new. */
  const gone = successorOf(query.data) !== null;
  const views: Record<Section, () => ReactNode> = {
    summary: () => (isPatientSide(session) ? <PlainRecord patientId={patientId} /> : <Summary patientId={patientId} session={session} />),
    timeline: () => <Timeline patientId={patientId} />,
    notes: () => <Notes patientId={patientId} session={session} />,
    results: () => <Results patientId={patientId} />,
    vitals: () => <Vitals patientId={patientId} />,
    medicines: () => <Medicines patientId={patientId} session={session} />,
    vaccines: () => <Vaccines patientId={patientId} />,
    documents: () => <Documents patientId={patientId} session={session} />,
    forms: () => (
      <Suspense fallback={<Loading rows={5} />}>
        <FormsPart patientId={patientId} session={session} />
      </Suspense>
    ),
    duplicates: () => (
      <Suspense fallback={<Loading rows={5} />}>
        <Duplicates patient={query.data} patientId={patientId} />
      </Suspense>
    ),
    programs: () => <Programs patientId={patientId} />,
    looked: () => <WhoLooked patientId={patientId} session={session} />,
  };
  return (
    <div className="chart">
      <div className="chart-top">
        <Banner patient={query.data} patientId={patientId} />
        <MergedNote patient={query.data} />
        {mayMerge(session) && section !== 'duplicates' && !gone ? <TwinNotice patientId={patientId} /> : null}
        <div className="tab-row">
          <nav className="tabs" aria-label={t.chart.tabs}>
          {sectionsFor(session, section, query.data).map((each) => (
            <Link key={each} href={chartPath(patientId, each)} aria-current={each === section ? 'page' : undefined}>
              {t.chart[each]}
            </Link>
          ))}
        </nav>
          <div className="tab-acts">
            {section === 'summary' ? (
              <button type="button" className="icon-button" aria-label={t.chart.print} title={t.chart.print} onClick={() => window.print()}>
                <Icon name="print" />
              </button>
            ) : null}
            {isClinical(session) && !gone ? (
              <Button kind="primary" icon={<Icon name="pen" size={18} />} onClick={() => go(consultPath(patientId))}>
                {t.consult.start}
              </Button>
            ) : null}
          </div>
        </div>
      </div>
      <div className="chart-body">
        {views[section]()}
        <GlassWay patientId={patientId} session={session} />
      </div>
    </div>
  );
}
