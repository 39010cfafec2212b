import type { Immunization } from 'fhir/r4';
import { displayOf, wordsOf } from '../fhir/read';
import { useText } from '../i18n';
import { showDate } from '../i18n/format';
import { Note, Panel, Show, Table } from '../ui';
import { useVaccines } from './data';

function doseOf(each: Immunization): string {
  const dose = each.protocolApplied?.[0];
  const number = dose?.doseNumberPositiveInt ?? dose?.doseNumberString;
  const of = dose?.seriesDosesPositiveInt ?? dose?.seriesDosesString;
  return number === undefined ? '' : of === undefined ? String(number) : `${number} / ${of}`;
}

export function Vaccines({ patientId }: { patientId: string }) {
  const t = useText();
  const query = useVaccines(patientId);
  const done = query.state === 'ready' ? query.data.items.filter((each) => each.status !== 'entered-in-error') : [];
  return (
    <Panel title={t.vaccines.title} count={query.state === 'ready' ? done.length : undefined}>
      <Show query={query} rows={5}>
        {(page) =>
          done.length === 0 ? (
            <Note title={t.vaccines.none} />
          ) : (
            <>
              <Table title={t.vaccines.title} heads={[t.vaccines.date, t.vaccines.vaccine, t.vaccines.dose, t.vaccines.lot, t.vaccines.by]}>
                {done.map((each) => (
                  <tr key={each.id}>
                    <td className="digits">{showDate(each.occurrenceDateTime) || each.occurrenceString || t.chart.noDate}</td>
                    <th scope="row">
                      {wordsOf(each.vaccineCode) ?? t.chart.noText}
                      {each.status === 'not-done' ? <span className="tag tag-warn">{t.vaccines.notDone}</span> : null}
                    </th>
                    <td className="digits">{doseOf(each)}</td>
                    <td className="digits">{each.lotNumber ?? ''}</td>
                    <td>{displayOf(each.performer?.[0]?.actor) ?? displayOf(each.location) ?? ''}</td>
                  </tr>
                ))}
              </Table>
              {page.next ? <p className="soft">{t.chart.partial}</p> : null}
            </>
          )
        }
      </Show>
    </Panel>
  );
}
