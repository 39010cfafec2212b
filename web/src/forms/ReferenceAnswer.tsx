/* A question that is answered by somebody or something of the record: of the directory, or of the
 * patient himself. What cannot be listed here is said in words. */
import type { FhirResource, QuestionnaireItem } from 'fhir/r4';
import { search } from '../fhir/client';
import { useQuery } from '../fhir/query';
import { nameText, wordsOf } from '../fhir/read';
import { useText } from '../i18n';
import type { Messages } from '../i18n/fr';
import { showDate } from '../i18n/format';
import { Loading, SelectField } from '../ui';
import { referenceTypesOf } from './model';

type Named = { name?: string | { family?: string; given?: string[] }[]; code?: object; medicationCodeableConcept?: object; vaccineCode?: object; type?: object; description?: string; authoredOn?: string; recordedDate?: string; date?: string; occurrenceDateTime?: string; status?: string };

/* By type: how it is asked for; of the patient where that says so. */
const kinds: Record<string, { query: string; own: boolean }> = {
  Practitioner: { query: 'active=true&_count=500', own: false },
  Organization: { query: '_count=500', own: false },
  Location: { query: '_count=500', own: false },
  HealthcareService: { query: '_count=200', own: false },
  Condition: { query: '_count=200', own: true },
  AllergyIntolerance: { query: '_count=200', own: true },
  MedicationRequest: { query: '_count=200', own: true },
  Immunization: { query: '_count=200', own: true },
  DocumentReference: { query: '_count=200', own: true },
  Procedure: { query: '_count=200', own: true },
};
const usual = ['Practitioner', 'Organization'];

export interface Referred {
  reference: string;
  name: string;
}

function nameOf(resource: FhirResource, t: Messages): string {
  const named = resource as Named;
  if (resource.resourceType === 'Practitioner') return nameText(resource.name, t);
  const words = typeof named.name === 'string' ? named.name : (named.description ?? wordsOf((named.code ?? named.medicationCodeableConcept ?? named.vaccineCode ?? named.type) as Parameters<typeof wordsOf>[0]));
  const date = named.authoredOn ?? named.recordedDate ?? named.occurrenceDateTime ?? named.date;
  return [words ?? t.chart.noText, date ? showDate(date) : ''].filter(Boolean).join(' · ');
}

export const canRefer = (item: QuestionnaireItem) => {
  const wanted = referenceTypesOf(item);
  return wanted.length === 0 || wanted.some((each) => each in kinds);
};

function useChoices(types: string[], patientId: string, t: Messages) {
  return useQuery(`${patientId} to refer to ${types.join()}`, async (signal): Promise<Referred[]> => {
    const pages = await Promise.all(
      types.map((type) => {
        const kind = kinds[type];
        const whose = kind?.own ? `patient=${patientId}&` : '';
        return search<FhirResource>(type as FhirResource['resourceType'], `${whose}${kind?.query ?? ''}`, signal);
      }),
    );
    return pages.flatMap((page) => page.items.map((each) => ({ reference: `${each.resourceType}/${each.id}`, name: nameOf(each, t) }))).sort((a, b) => a.name.localeCompare(b.name));
  });
}

interface Props {
  item: QuestionnaireItem;
  patientId: string;
  label: string;
  value: string;
  text: string;
  error: string | null;
  help: string | null;
  onChange: (chosen: Referred | null) => void;
}

export function ReferenceAnswer({ item, patientId, label, value, text, error, help, onChange }: Props) {
  const t = useText();
  const wanted = referenceTypesOf(item).filter((each) => each in kinds);
  const query = useChoices(wanted.length > 0 ? wanted : usual, patientId, t);
  if (query.state === 'loading') return <Loading rows={1} />;
  const listed = query.state === 'ready' ? query.data : [];
  /* What was chosen before stays, also when it cannot be seen any more. */
  const all = value && !listed.some((each) => each.reference === value) ? [{ reference: value, name: text || value }, ...listed] : listed;
  const said = query.state === 'failed' ? t.failures.server : (error ?? (all.length === 0 ? t.forms.noneToRefer : help));
  return (
    <div className="form-choice">
      <SelectField label={label} value={value} onChange={(next) => onChange(all.find((each) => each.reference === next) ?? null)} options={[{ value: '', text: '–' }, ...all.map((each) => ({ value: each.reference, text: each.name }))]} />
      {said ? <p className={error || query.state === 'failed' ? 'field-error' : 'field-help'}>{said}</p> : null}
    </div>
  );
}
