/* The charts opened in this window, in memory only: nothing about a patient is written to the
 * computer. */
import type { Patient } from 'fhir/r4';

const kept = 6;
let recent: Patient[] = [];

export function noteOpened(patient: Patient): void {
  recent = [patient, ...recent.filter((each) => each.id !== patient.id)].slice(0, kept);
}

export function recentPatients(): Patient[] {
  return recent;
}

export function forgetOpened(patientId: string): void {
  recent = recent.filter((each) => each.id !== patientId);
}

export function forgetRecent(): void {
  recent = [];
}
