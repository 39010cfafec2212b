/* What can be booked, and how patients may: directly, on request, or not at all. */
import type { Extension, HealthcareService } from 'fhir/r4';
import { replace, search } from '../fhir/client';
import { refresh, useQuery } from '../fhir/query';
import { useText } from '../i18n';
import { Note, Panel, say, SelectField, Show, Table } from '../ui';

const doors = ['direct', 'request', 'closed'] as const;
type Door = (typeof doors)[number];
const doorUrl = 'urn:aceso:door';
const seriesUrl = 'urn:aceso:series';
/* So many at once, as prescriptions are written. */
const counts = [1, 2, 3, 4, 6, 9, 12, 18, 24, 30, 36, 60];

function doorOf(service: HealthcareService): Door {
  const value = service.extension?.find((each) => each.url === doorUrl)?.valueCode;
  return doors.find((each) => each === value) ?? 'closed';
}

const seriesOf = (service: HealthcareService) => Number(service.extension?.find((each) => each.url === seriesUrl)?.valuePositiveInt ?? 1);

const readServices = (signal: AbortSignal) => search<HealthcareService>('HealthcareService', '_count=200', signal).then((page) => page.items);

export function ServicesPart() {
  const t = useText();
  const query = useQuery('services', readServices);
  const put = (service: HealthcareService, extension: Extension) =>
    void replace({ ...service, extension: [...(service.extension ?? []).filter((each) => each.url !== extension.url), extension] }).then(
      () => {
        refresh((key) => key === 'services');
        say({ text: t.admin.saved });
      },
      () => say({ text: t.app.notDone, tone: 'bad' }),
    );
  return (
    <Panel title={t.admin.parts.services}>
      <Show query={query}>
        {(services) =>
          services.length === 0 ? (
            <Note title={t.admin.noServices} />
          ) : (
            <Table title={t.admin.parts.services} heads={[t.admin.service, t.calendar.minutes, t.admin.door, t.admin.series]} className="table-tall">
              {services.map((each) => (
                <tr key={each.id}>
                  <th scope="row">{each.name}</th>
                  <td className="digits">{each.extension?.find((one) => one.url === 'urn:aceso:minutes')?.valueUnsignedInt ?? ''}</td>
                  <td>
                    <SelectField label={`${t.admin.door}: ${each.name ?? ''}`} labelHidden value={doorOf(each)} onChange={(next) => put(each, { url: doorUrl, valueCode: next })} options={doors.map((door) => ({ value: door, text: t.admin.doors[door] }))} />
                  </td>
                  <td>
                    {doorOf(each) === 'closed' ? null : (
                      <SelectField label={`${t.admin.series}: ${each.name ?? ''}`} labelHidden value={String(seriesOf(each))} onChange={(next) => put(each, { url: seriesUrl, valuePositiveInt: Number(next) })} options={[...new Set([...counts, seriesOf(each)])].sort((a, b) => a - b).map((count) => ({ value: String(count), text: String(count) }))} />
                    )}
                  </td>
                </tr>
              ))}
            </Table>
          )
        }
      </Show>
    </Panel>
  );
}
