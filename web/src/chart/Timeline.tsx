/* Contacts, appointments, documents, reports and acts in one line, newest first. The sources are
 * paged each by itself; an event is shown only when no source can still bring a newer one, so the
 * line never has to be put right afterwards. */
import type { Appointment, DiagnosticReport, DocumentReference, Encounter, FhirResource, Procedure } from 'fhir/r4';
import { useEffect, useRef, useState } from 'react';
import { nextPage, searchChart } from '../fhir/client';
import { Failure } from '../fhir/failure';
import { useText } from '../i18n';
import type { Messages } from '../i18n/fr';
import { Button, FailureNote, Loading, Note, Panel } from '../ui';
import { appointmentEvent, documentEvent, encounterEvent, EventRow, procedureEvent, reportEvent, type ChartEvent, type EventKind } from './events';

interface Source {
  kind: EventKind;
  type: FhirResource['resourceType'];
  toEvent: (resource: FhirResource, t: Messages) => ChartEvent;
}

const pageSize = 30;
const sources: Source[] = [
  { kind: 'contact', type: 'Encounter', toEvent: (each, t) => encounterEvent(each as Encounter, t) },
  { kind: 'appointment', type: 'Appointment', toEvent: (each, t) => appointmentEvent(each as Appointment, t) },
  { kind: 'document', type: 'DocumentReference', toEvent: (each, t) => documentEvent(each as DocumentReference, t) },
  { kind: 'report', type: 'DiagnosticReport', toEvent: (each, t) => reportEvent(each as DiagnosticReport, t) },
  { kind: 'procedure', type: 'Procedure', toEvent: (each, t) => procedureEvent(each as Procedure, t) },
];

interface Strand {
  source: Source;
  resources: FhirResource[];
  next: string | null;
  failure: Failure | null;
}

function firstQuery(source: Source): string {
  /* Documents carry their content; the line needs only their names. */
  const lean = source.type === 'DocumentReference' ? '&_elements=status,type,category,subject,date,author,description' : '';
  return `_sort=-date&_count=${pageSize}${lean}`;
}

async function firstStrand(patientId: string, source: Source, signal: AbortSignal): Promise<Strand> {
  try {
    const page = await searchChart<FhirResource>(patientId, source.type, firstQuery(source), signal);
    return { source, resources: page.items, next: page.next, failure: null };
  } catch (error) {
    return { source, resources: [], next: null, failure: Failure.from(error) };
  }
}

async function longer(patientId: string, strand: Strand, signal: AbortSignal): Promise<Strand> {
  if (!strand.next) return strand;
  const page = await nextPage<FhirResource>(patientId, strand.source.type, strand.next, signal);
  return { ...strand, resources: [...strand.resources, ...page.items], next: page.next };
}

/* The oldest moment that a strand has reached; a finished strand has reached the beginning. */
function reached(strand: Strand, t: Messages): number {
  const last = strand.resources.at(-1);
  return strand.next && last ? strand.source.toEvent(last, t).at : -Infinity;
}

function wrong(resource: FhirResource): boolean {
  return 'status' in resource && resource.status === 'entered-in-error';
}

export function Timeline({ patientId }: { patientId: string }) {
  const t = useText();
  const [strands, setStrands] = useState<Strand[] | null>(null);
  const [kind, setKind] = useState<EventKind | null>(null);
  const [busy, setBusy] = useState(false);
  const [olderFailure, setOlderFailure] = useState<Failure | null>(null);
  const [attempt, setAttempt] = useState(0);
  const control = useRef<AbortController>(null);

  useEffect(() => {
    const mine = new AbortController();
    control.current = mine;
    setStrands(null);
    setOlderFailure(null);
    setBusy(false);
    Promise.all(sources.map((source) => firstStrand(patientId, source, mine.signal))).then(
      (loaded) => {
        if (!mine.signal.aborted) setStrands(loaded);
      },
      () => undefined,
    );
    return () => mine.abort();
  }, [patientId, attempt]);

  if (!strands) {
    return (
      <Panel title={t.timeline.title}>
        <Loading rows={8} />
      </Panel>
    );
  }

  const retry = () => setAttempt((count) => count + 1);
  const broken = strands.filter((each) => each.failure);
  /* What this user may not read is absent; anything else that failed is said. */
  const hurt = broken.find((each) => each.failure?.kind !== 'forbidden');
  const open = strands.filter((each) => !each.failure && (kind === null || each.source.kind === kind));
  const edge = Math.max(...open.map((each) => reached(each, t)), -Infinity);
  const events = open
    .flatMap((each) => each.resources.filter((one) => !wrong(one)).map((one) => each.source.toEvent(one, t)))
    .filter((each) => each.at >= edge)
    .sort((a, b) => b.at - a.at);
  const more = open.some((each) => each.next);

  async function older() {
    const signal = control.current?.signal;
    if (!strands || busy || !signal) return;
    setBusy(true);
    setOlderFailure(null);
    const limits = new Set(open.filter((each) => each.next && reached(each, t) >= edge));
    try {
      const grown = await Promise.all(strands.map((each) => (limits.has(each) ? longer(patientId, each, signal) : each)));
      if (!signal.aborted) setStrands(grown);
    } catch (error) {
      const failure = Failure.from(error);
      if (failure.kind !== 'aborted') setOlderFailure(failure);
    }
    if (!signal.aborted) setBusy(false);
  }

  if (broken.length === strands.length && broken[0]?.failure) return <FailureNote failure={broken[0].failure} retry={retry} />;
  return (
    <Panel title={t.timeline.title}>
      <fieldset className="filter">
        <legend className="hidden">{t.timeline.show}</legend>
        {[null, ...strands.filter((each) => !each.failure).map((each) => each.source.kind)].map((each) => (
          <label key={each ?? 'all'} className="chip">
            <input type="radio" name="kind" checked={kind === each} onChange={() => setKind(each)} />
            <span>{each ? t.timeline.kinds[each] : t.timeline.all}</span>
          </label>
        ))}
      </fieldset>
      {hurt?.failure ? <FailureNote failure={hurt.failure} retry={retry} /> : null}
      {events.length === 0 ? <Note title={t.timeline.none} /> : <Years events={events} />}
      {olderFailure ? <FailureNote failure={olderFailure} retry={() => void older()} /> : null}
      <div className="older" role="status">
        {more ? (
          <Button onClick={() => void older()} busy={busy}>
            {t.chart.older}
          </Button>
        ) : events.length > 0 ? (
          <p className="soft">{t.timeline.end}</p>
        ) : null}
      </div>
    </Panel>
  );
}

function Years({ events }: { events: ChartEvent[] }) {
  const t = useText();
  const now = Date.now() / 1000;
  const groups: { title: string; events: ChartEvent[] }[] = [];
  for (const each of events) {
    const title = each.at > now ? t.timeline.upcoming : each.date ? new Date(each.at * 1000).getUTCFullYear().toString() : t.chart.noDate;
    const last = groups.at(-1);
    if (last?.title === title) last.events.push(each);
    else groups.push({ title, events: [each] });
  }
  return (
    <>
      {groups.map((group) => (
        <section key={group.title} aria-label={group.title}>
          <h3 className="year">{group.title}</h3>
          <ul className="events events-long">
            {group.events.map((each) => (
              <EventRow key={each.key} event={each} />
            ))}
          </ul>
        </section>
      ))}
    </>
  );
}
