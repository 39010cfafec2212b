/* One line of a patient's history, whatever it comes from. */
import type { Appointment, DiagnosticReport, DocumentReference, Encounter, FhirResource, Procedure } from 'fhir/r4';
import { displayOf, wordsOf } from '../fhir/read';
import { useText } from '../i18n';
import { secondsOf, showDate, showTime } from '../i18n/format';
import type { Messages } from '../i18n/fr';
import { Icon, type IconName } from '../ui';

export type EventKind = 'contact' | 'appointment' | 'document' | 'report' | 'procedure';

export interface ChartEvent {
  key: string;
  kind: EventKind;
  date: string | undefined;
  at: number;
  title: string;
  who: string;
  detail: string;
  state: string;
}

const icons: Record<EventKind, IconName> = {
  contact: 'contact',
  appointment: 'calendar',
  document: 'document',
  report: 'document',
  procedure: 'act',
};

function event(
  kind: EventKind,
  resource: FhirResource,
  date: string | undefined,
  rest: { title: string | null; who?: string | null; detail?: string | null; state?: string },
  t: Messages,
): ChartEvent {
  return {
    key: `${kind} ${resource.id}`,
    kind,
    date,
    at: secondsOf(date) ?? 0,
    title: rest.title ?? t.timeline[kind],
    who: rest.who ?? '',
    detail: rest.detail && rest.detail !== rest.title ? rest.detail : '',
    state: rest.state ?? '',
  };
}

function placeOf(encounter: Encounter, t: Messages): string {
  switch (encounter.class?.code) {
    case 'HH':
      return t.timeline.atHome;
    case 'VR':
      return t.timeline.remote;
    case 'EMER':
      return t.timeline.emergency;
    case 'IMP':
    case 'ACUTE':
    case 'NONAC':
      return t.timeline.inHospital;
    default:
      return '';
  }
}

export function encounterEvent(encounter: Encounter, t: Messages): ChartEvent {
  const reason = [...(encounter.reasonCode ?? []).map((each) => wordsOf(each)), ...(encounter.reasonReference ?? []).map((each) => displayOf(each))]
    .filter(Boolean)
    .join(', ');
  const place = placeOf(encounter, t);
  const state = encounter.status === 'in-progress' ? t.timeline.state.inProgress : encounter.status === 'cancelled' ? t.timeline.state.cancelled : '';
  return event(
    'contact',
    encounter,
    encounter.period?.start,
    {
      title: wordsOf(encounter.type?.[0]) ?? t.timeline.contact,
      who: encounter.participant?.map((each) => displayOf(each.individual)).find(Boolean) ?? displayOf(encounter.serviceProvider),
      detail: [reason, place].filter(Boolean).join(' · '),
      state,
    },
    t,
  );
}

function appointmentState(appointment: Appointment, t: Messages): string {
  const { state } = t.timeline;
  const words: Record<string, string> = {
    booked: state.booked,
    pending: state.pending,
    proposed: state.pending,
    arrived: state.arrived,
    'checked-in': state.arrived,
    fulfilled: state.fulfilled,
    cancelled: state.cancelled,
    noshow: state.noshow,
    waitlist: state.waitlist,
  };
  return words[appointment.status] ?? '';
}

export function appointmentEvent(appointment: Appointment, t: Messages): ChartEvent {
  const who = appointment.participant
    .filter((each) => !each.actor?.reference?.includes('Patient/') && !each.actor?.reference?.includes('Location/'))
    .map((each) => displayOf(each.actor))
    .find(Boolean);
  const reason = wordsOf(appointment.reasonCode?.[0]) ?? appointment.description;
  const title = wordsOf(appointment.appointmentType) ?? wordsOf(appointment.serviceType?.[0]) ?? reason;
  return event(
    'appointment',
    appointment,
    appointment.start,
    { title: title ?? t.timeline.appointment, who: who ?? null, detail: reason ?? null, state: appointmentState(appointment, t) },
    t,
  );
}

export function documentEvent(document: DocumentReference, t: Messages): ChartEvent {
  return event(
    'document',
    document,
    document.date,
    {
      title: document.description ?? (document.content as DocumentReference['content'] | undefined)?.[0]?.attachment.title ?? wordsOf(document.type),
      who: displayOf(document.author?.[0]),
      detail: wordsOf(document.type),
    },
    t,
  );
}

export function reportEvent(report: DiagnosticReport, t: Messages): ChartEvent {
  return event(
    'report',
    report,
    report.effectiveDateTime ?? report.effectivePeriod?.start ?? report.issued,
    { title: wordsOf(report.code), who: displayOf(report.performer?.[0]), detail: report.conclusion ?? null },
    t,
  );
}

export function procedureEvent(procedure: Procedure, t: Messages): ChartEvent {
  return event(
    'procedure',
    procedure,
    procedure.performedDateTime ?? procedure.performedPeriod?.start,
    { title: wordsOf(procedure.code), who: displayOf(procedure.performer?.[0]?.actor), detail: wordsOf(procedure.reasonCode?.[0]) },
    t,
  );
}

export function EventRow({ event: each }: { event: ChartEvent }) {
  const t = useText();
  return (
    <li className={`event event-${each.kind}`}>
      <span className="event-date digits">
        {showDate(each.date) || t.chart.noDate} <span className="soft">{showTime(each.date)}</span>
      </span>
      <span className="event-icon">
        <Icon name={icons[each.kind]} size={18} />
        <span className="hidden">{t.timeline[each.kind]}</span>
      </span>
      <span className="event-text">
        <span>
          <span className="event-title">{each.title}</span>
          {each.state ? <span className="tag">{each.state}</span> : null}
        </span>
        <span className="event-detail">{each.detail}</span>
        <span className="event-who soft">{each.who}</span>
      </span>
    </li>
  );
}
