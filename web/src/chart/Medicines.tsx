import type { Dosage, FhirResource, MedicationRequest } from 'fhir/r4';
import type { ReactNode } from 'react';
import { isPatientSide } from '../app/places';
import type { Session } from '../app/session';
import { displayOf, wordsOf } from '../fhir/read';
import { digitsOf } from '../fhir/decimal';
import { useText } from '../i18n';
import type { Messages } from '../i18n/fr';
import { showDate } from '../i18n/format';
import { Note, Panel, Show, Table } from '../ui';
import { AskRenewal } from '../messages/AskRenewal';
import { useWishes } from '../messages/renewal';
import { useAllMedicines } from './data';

export function nameOfMedicine(order: MedicationRequest): string | null {
  const contained = (order.contained as FhirResource[] | undefined)?.find((each) => `#${each.id}` === order.medicationReference?.reference);
  return (
    wordsOf(order.medicationCodeableConcept) ??
    displayOf(order.medicationReference) ??
    (contained?.resourceType === 'Medication' ? wordsOf(contained.code) : null)
  );
}

function dosageText(dosage: Dosage, t: Messages): string {
  const needed = dosage.asNeededBoolean || dosage.asNeededCodeableConcept ? t.medicines.asNeeded : '';
  const text = dosage.text ?? dosage.patientInstruction ?? doseText(dosage);
  return [text, needed && !text.toLocaleLowerCase().includes(needed) ? needed : ''].filter(Boolean).join(', ');
}

function doseText(dosage: Dosage): string {
  const quantity = dosage.doseAndRate?.[0]?.doseQuantity;
  const dose = quantity ? `${digitsOf(quantity, 'value') ?? ''} ${quantity.unit ?? quantity.code ?? ''}`.trim() : '';
  const repeat = dosage.timing?.repeat;
  const often = wordsOf(dosage.timing?.code) ?? (repeat?.frequency && repeat.period ? `${repeat.frequency} × / ${repeat.period} ${repeat.periodUnit ?? ''}` : '');
  return [dose, often].filter(Boolean).join(' · ');
}

function dosageOf(order: MedicationRequest, t: Messages): string {
  return (order.dosageInstruction ?? []).map((each) => dosageText(each, t)).filter(Boolean).join('; ');
}

function reasonOf(order: MedicationRequest): string {
  return [...(order.reasonCode ?? []).map((each) => wordsOf(each)), ...(order.reasonReference ?? []).map((each) => displayOf(each))].filter(Boolean).join(', ');
}

export function newestFirst(orders: MedicationRequest[]): MedicationRequest[] {
  return orders
    .filter((each) => each.status !== 'entered-in-error')
    .sort((a, b) => (b.authoredOn ?? '').localeCompare(a.authoredOn ?? ''));
}

export function MedicineLine({ order }: { order: MedicationRequest }) {
  const t = useText();
  const reason = reasonOf(order);
  return (
    <li className="line">
      <span className="line-main">
        <strong>{nameOfMedicine(order) ?? t.chart.noText}</strong>
        <span className="line-more">
          {dosageOf(order, t) || t.medicines.noDosage}
          {reason ? <span className="soft"> {t.medicines.reason(reason)}</span> : null}
        </span>
      </span>
      <span className="line-side digits">{showDate(order.authoredOn)}</span>
    </li>
  );
}

function stateOf(order: MedicationRequest, t: Messages): string {
  const { state } = t.medicines;
  const words: Record<string, string> = {
    active: state.active,
    'on-hold': state.onHold,
    cancelled: state.cancelled,
    completed: state.completed,
    stopped: state.stopped,
    draft: state.draft,
    'entered-in-error': state.error,
  };
  return words[order.status] ?? state.unknown;
}

function Orders({ orders, title, stacked, asks = null }: { orders: MedicationRequest[]; title: string; stacked: boolean; asks?: ((order: MedicationRequest) => ReactNode) | null }) {
  const t = useText();
  return (
    <Table title={title} {...(stacked ? { className: 'table-stack' } : {})} heads={[t.medicines.name, t.medicines.dosage, t.medicines.start, t.medicines.by, t.medicines.status, ...(asks ? [<span className="hidden">{t.renewal.ask}</span>] : [])]}>
      {orders.map((order) => {
        const reason = reasonOf(order);
        return (
          <tr key={order.id}>
            <th scope="row">
              {nameOfMedicine(order) ?? t.chart.noText}
              {reason ? <span className="line-more soft">{t.medicines.reason(reason)}</span> : null}
            </th>
            <td>{dosageOf(order, t) || <span className="soft">{t.medicines.noDosage}</span>}</td>
            <td className="digits">{showDate(order.authoredOn)}</td>
            <td>{displayOf(order.requester) ?? ''}</td>
            <td>
              <span className={order.status === 'active' ? 'tag tag-good' : 'tag'}>{stateOf(order, t)}</span>
            </td>
            {asks ? <td className="cell-action">{asks(order)}</td> : null}
          </tr>
        );
      })}
    </Table>
  );
}

export function Medicines({ patientId, session }: { patientId: string; session: Session }) {
  const t = useText();
  const door = isPatientSide(session);
  const wishes = useWishes(door);
  const asks = door ? (order: MedicationRequest) => (order.status === 'active' ? <AskRenewal order={order} wish={wishes.state === 'ready' ? (wishes.data.get(`MedicationRequest/${order.id}`) ?? null) : null} /> : null) : null;
  const query = useAllMedicines(patientId);
  const isNow = (each: MedicationRequest) => ['active', 'on-hold', 'draft'].includes(each.status);
  return (
    <Show query={query} rows={6}>
      {(page) => {
        const orders = newestFirst(page.items);
        const now = orders.filter(isNow);
        const past = orders.filter((each) => !isNow(each));
        if (orders.length === 0) return <Panel title={t.medicines.title}><Note title={t.medicines.none} /></Panel>;
        return (
          <>
            <Panel title={t.medicines.active} count={now.length}>
              {now.length > 0 ? <Orders orders={now} title={t.medicines.active} stacked={door} asks={asks} /> : <Note title={t.medicines.noneActive} />}
              {door ? null : <p className="soft small">{t.medicines.noCheck}</p>}
            </Panel>
            {past.length > 0 ? (
              <Panel title={t.medicines.past} count={past.length}>
                <Orders orders={past} title={t.medicines.past} stacked={door} />
              </Panel>
            ) : null}
            {page.next ? <p className="soft">{t.chart.partial}</p> : null}
          </>
        );
      }}
    </Show>
  );
}
