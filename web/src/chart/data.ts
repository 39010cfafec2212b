/* Everything that a chart asks for, in one place: each call names the patient. */
import type {
  AllergyIntolerance,
  Appointment,
  Condition,
  DocumentReference,
  Encounter,
  FhirResource,
  Immunization,
  MedicationRequest,
  Observation,
  Patient,
} from 'fhir/r4';
import { readPatient, searchChart, type Page } from '../fhir/client';
import { useQuery, type Query } from '../fhir/query';
import { today } from '../i18n/format';

function useChart<T extends FhirResource>(patientId: string, type: T['resourceType'], query: string): Query<Page<T>> {
  return useQuery(`${patientId} ${type}?${query}`, (signal) => searchChart<T>(patientId, type, query, signal));
}

export function usePatient(patientId: string): Query<Patient> {
  return useQuery(`${patientId} Patient`, (signal) => readPatient(patientId, signal));
}

export const useAllergies = (patientId: string) => useChart<AllergyIntolerance>(patientId, 'AllergyIntolerance', '_count=200');
export const useProblems = (patientId: string) => useChart<Condition>(patientId, 'Condition', '_count=200');
export const useActiveMedicines = (patientId: string) =>
  useChart<MedicationRequest>(patientId, 'MedicationRequest', 'status=active&_count=200');
export const useAllMedicines = (patientId: string) => useChart<MedicationRequest>(patientId, 'MedicationRequest', '_count=500');
export const useVitals = (patientId: string, count: number) =>
  useChart<Observation>(patientId, 'Observation', `category=vital-signs&_sort=-date&_count=${count}`);
export const useLaboratory = (patientId: string, count: number) =>
  useChart<Observation>(patientId, 'Observation', `category=laboratory&_sort=-date&_count=${count}`);
export const useLastContacts = (patientId: string) => useChart<Encounter>(patientId, 'Encounter', '_sort=-date&_count=5');
export const useComingAppointments = (patientId: string) =>
  useChart<Appointment>(patientId, 'Appointment', `date=ge${today()}&_sort=date&_count=50`);
export const useVaccines = (patientId: string) => useChart<Immunization>(patientId, 'Immunization', '_sort=-date&_count=200');
export const useDocuments = (patientId: string) => useChart<DocumentReference>(patientId, 'DocumentReference', '_sort=-date&_count=100');
