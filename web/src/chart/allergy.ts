import type { AllergyIntolerance } from 'fhir/r4';
import { hasCode } from '../fhir/read';

/* "No known allergy" written down by somebody is a finding; an empty list is not. */
const knownNone = ['716186003', '409137002', '428607008', '429625007', 'no-known-allergies'];

export function saysNone(allergy: AllergyIntolerance): boolean {
  return hasCode(allergy.code, ...knownNone);
}

export function isCurrent(allergy: AllergyIntolerance): boolean {
  const wrong = hasCode(allergy.verificationStatus, 'entered-in-error', 'refuted');
  const past = hasCode(allergy.clinicalStatus, 'inactive', 'resolved');
  return !wrong && !past;
}

export function isError(allergy: AllergyIntolerance): boolean {
  return hasCode(allergy.verificationStatus, 'entered-in-error');
}

export function isSevere(allergy: AllergyIntolerance): boolean {
  return allergy.criticality === 'high' || (allergy.reaction ?? []).some((each) => each.severity === 'severe');
}

export function bySeverity(a: AllergyIntolerance, b: AllergyIntolerance): number {
  return Number(isSevere(b)) - Number(isSevere(a));
}
