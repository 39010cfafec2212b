import type { AllergyIntolerance, Condition } from 'fhir/r4';
import { Link } from '../app/Link';
import { seesPart } from '../app/places';
import { chartPath, type Section } from '../app/router';
import type { Session } from '../app/session';
import { byName, inVitalOrder, measureText, seriesOf, worstFlag, type Series } from '../fhir/measure';
import { hasCode, wordsOf } from '../fhir/read';
import { useSpeech, useText } from '../i18n';
import { showDate, showDateTime } from '../i18n/format';
import { Sparkline } from '../plot/Sparkline';
import { Note, Panel, Show } from '../ui';
import { bySeverity, isCurrent, isError, isSevere, saysNone } from './allergy';
import { useActiveMedicines, useAllergies, useComingAppointments, useLaboratory, useLastContacts, useProblems, useVitals } from './data';
import { FlagMark } from './FlagMark';
import { MedicineLine, newestFirst } from './Medicines';
import { appointmentEvent, encounterEvent, EventRow } from './events';

export function Summary({ patientId, session }: { patientId: string; session: Session }) {
  const t = useText();
  return (
    <>
      <div className="summary">
        <div className="summary-column">
          {seesPart(session, 'problems') ? <Problems patientId={patientId} /> : null}
          <Contacts patientId={patientId} />
        </div>
        <div className="summary-column">
          {seesPart(session, 'medicines') ? <CurrentMedicines patientId={patientId} /> : null}
          {seesPart(session, 'allergies') ? <Allergies patientId={patientId} /> : null}
        </div>
        <div className="summary-column">
          {seesPart(session, 'vitals') ? <LastVitals patientId={patientId} /> : null}
          {seesPart(session, 'results') ? <LastResults patientId={patientId} /> : null}
        </div>
      </div>
      <p className="print-foot">{t.chart.printed(showDateTime(new Date().toISOString()), session.display)}</p>
    </>
  );
}

function SeeAll({ patientId, section }: { patientId: string; section: Section }) {
  const t = useText();
  return (
    <Link className="see-all" href={chartPath(patientId, section)} aria-label={`${t.chart.seeAll}: ${t.chart[section]}`}>
      {t.chart.seeAll}
    </Link>
  );
}

function onsetOf(condition: Condition): string | undefined {
  return condition.onsetDateTime ?? condition.onsetPeriod?.start ?? condition.recordedDate;
}

function ProblemLine({ condition }: { condition: Condition }) {
  const t = useText();
  const onset = onsetOf(condition);
  const end = condition.abatementDateTime ?? condition.abatementPeriod?.end;
  return (
    <li className="line">
      <span className="line-main">
        {wordsOf(condition.code) ?? t.chart.noText}
        {hasCode(condition.clinicalStatus, 'recurrence', 'relapse') ? <span className="tag">{t.problems.recurrence}</span> : null}
        {hasCode(condition.clinicalStatus, 'remission') ? <span className="tag">{t.problems.remission}</span> : null}
        {hasCode(condition.verificationStatus, 'unconfirmed', 'provisional', 'differential') ? (
          <span className="tag">{t.problems.unconfirmed}</span>
        ) : null}
      </span>
      <span className="line-side digits">
        {onset ? showDate(onset) : ''}
        {end ? ` – ${showDate(end)}` : ''}
      </span>
    </li>
  );
}

export function Problems({ patientId }: { patientId: string }) {
  const t = useText();
  const query = useProblems(patientId);
  const all = query.state === 'ready' ? query.data.items.filter((each) => !hasCode(each.verificationStatus, 'entered-in-error', 'refuted')) : [];
  const sorted = [...all].sort((a, b) => (onsetOf(b) ?? '').localeCompare(onsetOf(a) ?? ''));
  const isPast = (each: Condition) => hasCode(each.clinicalStatus, 'inactive', 'resolved') || (!each.clinicalStatus && Boolean(each.abatementDateTime));
  const active = sorted.filter((each) => !isPast(each));
  const past = sorted.filter(isPast);
  return (
    <Panel title={t.problems.title} count={query.state === 'ready' ? active.length : undefined}>
      <Show query={query}>
        {(page) =>
          all.length === 0 ? (
            <Note title={t.problems.none} />
          ) : (
            <>
              {active.length === 0 ? <p className="soft">{t.problems.noneActive}</p> : null}
              <ul className="lines">
                {active.map((each) => (
                  <ProblemLine key={each.id} condition={each} />
                ))}
              </ul>
              {past.length > 0 ? (
                <details>
                  <summary>{t.problems.past(past.length)}</summary>
                  <ul className="lines lines-past">
                    {past.map((each) => (
                      <ProblemLine key={each.id} condition={each} />
                    ))}
                  </ul>
                </details>
              ) : null}
              {page.next ? <p className="soft">{t.chart.partial}</p> : null}
            </>
          )
        }
      </Show>
    </Panel>
  );
}

function AllergyLine({ allergy }: { allergy: AllergyIntolerance }) {
  const t = useText();
  const reactions = (allergy.reaction ?? []).flatMap((each) => each.manifestation.map((one) => wordsOf(one))).filter(Boolean).join(', ');
  return (
    <li className="line">
      <span className="line-main">
        {wordsOf(allergy.code) ?? t.chart.noText}
        {isSevere(allergy) ? <span className="tag tag-bad">{t.allergies.severe}</span> : null}
        {hasCode(allergy.verificationStatus, 'unconfirmed') ? <span className="tag">{t.allergies.unconfirmed}</span> : null}
        {hasCode(allergy.verificationStatus, 'refuted') ? <span className="tag">{t.allergies.refuted}</span> : null}
        {hasCode(allergy.clinicalStatus, 'inactive', 'resolved') ? <span className="tag">{t.allergies.past}</span> : null}
        {reactions ? <span className="line-more">{reactions}</span> : null}
      </span>
      <span className="line-side digits">{showDate(allergy.onsetDateTime ?? allergy.recordedDate)}</span>
    </li>
  );
}

function Allergies({ patientId }: { patientId: string }) {
  const t = useText();
  const query = useAllergies(patientId);
  return (
    <Panel title={t.allergies.title}>
      <Show query={query} rows={2}>
        {(page) => {
          const all = page.items.filter((each) => !isError(each));
          const real = all.filter((each) => !saysNone(each)).sort((a, b) => Number(isCurrent(b)) - Number(isCurrent(a)) || bySeverity(a, b));
          if (real.length === 0 && all.length > 0) return <Note title={t.allergies.confirmedNone} />;
          if (real.length === 0) {
            return (
              <Note title={t.allergies.none}>
                <p>{t.allergies.noneHelp}</p>
              </Note>
            );
          }
          return (
            <ul className="lines">
              {real.map((each) => (
                <AllergyLine key={each.id} allergy={each} />
              ))}
            </ul>
          );
        }}
      </Show>
    </Panel>
  );
}

function CurrentMedicines({ patientId }: { patientId: string }) {
  const t = useText();
  const query = useActiveMedicines(patientId);
  return (
    <Panel
      title={t.medicines.title}
      count={query.state === 'ready' ? query.data.items.length : undefined}
      aside={<SeeAll patientId={patientId} section="medicines" />}
    >
      <Show query={query}>
        {(page) =>
          page.items.length === 0 ? (
            <Note title={t.medicines.noneActive} />
          ) : (
            <ul className="lines">
              {newestFirst(page.items).map((each) => (
                <MedicineLine key={each.id} order={each} />
              ))}
            </ul>
          )
        }
      </Show>
    </Panel>
  );
}

export function Contacts({ patientId }: { patientId: string }) {
  const t = useText();
  const contacts = useLastContacts(patientId);
  const coming = useComingAppointments(patientId);
  return (
    <Panel title={t.timeline.title} aside={<SeeAll patientId={patientId} section="timeline" />}>
      <h3 className="sub">{t.timeline.nextAppointment}</h3>
      <Show query={coming} rows={1}>
        {(page) => {
          const now = new Date().toISOString();
          const next = page.items
            .filter((each) => ['booked', 'pending', 'proposed', 'arrived', 'checked-in'].includes(each.status))
            .map((each) => appointmentEvent(each, t))
            .filter((each) => Date.parse(each.date ?? '') >= Date.parse(now))
            .sort((a, b) => a.at - b.at)[0];
          return next ? <ul className="events"><EventRow event={next} /></ul> : <p className="soft">{t.timeline.noAppointment}</p>;
        }}
      </Show>
      <h3 className="sub">{t.timeline.lastContacts}</h3>
      <Show query={contacts}>
        {(page) =>
          page.items.length === 0 ? (
            <p className="soft">{t.timeline.noContacts}</p>
          ) : (
            <ul className="events">
              {page.items.map((each) => (
                <EventRow key={each.id} event={encounterEvent(each, t)} />
              ))}
            </ul>
          )
        }
      </Show>
    </Panel>
  );
}

/* The last value, whether it is out of its limits, and the way it goes. */
function LastTable({ series, title }: { series: Series[]; title: string }) {
  const t = useText();
  return (
    <table className="table last-table">
      <caption className="hidden">{title}</caption>
      <thead className="hidden">
        <tr>
          <th scope="col">{title}</th>
          <th scope="col">{t.results.value}</th>
          <th scope="col">{t.results.trend}</th>
          <th scope="col">{t.results.date}</th>
        </tr>
      </thead>
      <tbody>
        {series.map((each) => {
          const last = each.measures[0];
          if (!last) return null;
          return (
            <tr key={each.key}>
              <th scope="row">{each.name}</th>
              <td className="last-value">
                <span className={worstFlag(last) ? 'digits flagged' : 'digits'}>
                  <strong>{measureText(last)}</strong> <span className="unit">{each.unit}</span>
                </span>
                <FlagMark flag={worstFlag(last)} />
              </td>
              <td className="last-trend">
                <Sparkline series={each} />
              </td>
              <td className="digits soft">{showDate(last.date)}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

export function LastVitals({ patientId }: { patientId: string }) {
  const { t, language } = useSpeech();
  const query = useVitals(patientId, 100);
  return (
    <Panel title={t.vitals.last} aside={<SeeAll patientId={patientId} section="vitals" />}>
      <Show query={query}>
        {(page) => {
          const series = inVitalOrder(seriesOf(page.items, t, language));
          return series.length === 0 ? <Note title={t.vitals.none} /> : <LastTable series={series.slice(0, 8)} title={t.vitals.last} />;
        }}
      </Show>
    </Panel>
  );
}

export function LastResults({ patientId }: { patientId: string }) {
  const { t, language } = useSpeech();
  const query = useLaboratory(patientId, 200);
  return (
    <Panel title={t.results.last} aside={<SeeAll patientId={patientId} section="results" />}>
      <Show query={query}>
        {(page) => {
          const series = byName(seriesOf(page.items, t, language), language);
          /* What is out of its limits comes first. */
          const marked = [...series].sort((a, b) => Number(worstFlag(b.measures[0]) !== null) - Number(worstFlag(a.measures[0]) !== null));
          return series.length === 0 ? <Note title={t.results.none} /> : <LastTable series={marked.slice(0, 12)} title={t.results.last} />;
        }}
      </Show>
    </Panel>
  );
}
