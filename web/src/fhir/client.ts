/* The only file that asks the record for anything. Every address is same-origin. */
import type { Bundle, FhirResource, Patient } from 'fhir/r4';
import { sessionMayHaveEnded, signedInAgain } from '../app/session';
import { parseKeepingDigits } from './decimal';
import { drop, Failure } from './failure';

const base = '/fhir/';

export async function ask(path: string, accept: string, signal: AbortSignal): Promise<Response> {
  for (;;) {
    let response: Response;
    try {
      response = await fetch(base + path, {
        signal,
        credentials: 'same-origin',
        cache: 'no-store',
        headers: { Accept: accept },
      });
    } catch {
      throw new Failure(signal.aborted ? 'aborted' : 'offline');
    }
    if (response.ok) return response;
    void drop(response);
    if (response.status === 401) {
      await sessionMayHaveEnded();
      await signedInAgain(signal);
      continue;
    }
    throw Failure.of(response);
  }
}

export async function readJson<T>(path: string, signal: AbortSignal): Promise<T> {
  const response = await ask(path, 'application/fhir+json', signal);
  try {
    return parseKeepingDigits(await response.text()) as T;
  } catch {
    throw new Failure(signal.aborted ? 'aborted' : 'server');
  }
}

/* One page of a list, and where the next one is. */
export interface Page<T> {
  items: T[];
  next: string | null;
}

function pageOf<T extends FhirResource>(bundle: Bundle, type: T['resourceType']): Page<T> {
  const items = (bundle.entry ?? [])
    .map((entry) => entry.resource)
    .filter((resource): resource is T => resource?.resourceType === type);
  const link = bundle.link?.find((each) => each.relation === 'next')?.url;
  return { items, next: link ? samePlace(link) : null };
}

/* A next link is the server's own; only its part below /fhir/ is followed, so that no answer can
 * send the browser elsewhere. */
export function samePlace(link: string): string {
  const url = new URL(link, window.location.origin + base);
  if (!url.pathname.startsWith(base)) throw new Failure('server');
  return url.pathname.slice(base.length) + url.search;
}

export async function search<T extends FhirResource>(
  type: T['resourceType'],
  query: string,
  signal: AbortSignal,
): Promise<Page<T>> {
  return pageOf<T>(await readJson<Bundle>(`${type}?${query}`, signal), type);
}

export async function readPatient(patientId: string, signal: AbortSignal): Promise<Patient> {
  const patient = await readJson<Patient>(`Patient/${patientId}`, signal);
  if (patient.resourceType !== 'Patient' || patient.id !== patientId) throw new Failure('mixedUp');
  return patient;
}

type Owned = FhirResource & {
  subject?: { reference?: string };
  patient?: { reference?: string };
  participant?: { actor?: { reference?: string } }[];
};

function isAbout(resource: FhirResource, patientId: string): boolean {
  const owned = resource as Owned;
  const references = [
    owned.subject?.reference,
    owned.patient?.reference,
    ...(Array.isArray(owned.participant) ? owned.participant.map((each) => each.actor?.reference) : []),
  ].filter((reference) => reference !== undefined);
  const own = new RegExp(`(^|/)Patient/${patientId.replace(/\./g, '\\.')}(/_history/.*)?$`);
  return references.some((reference) => own.test(reference));
}

/* A page of one person's record. What is about anybody else is never shown: the whole answer is
 * refused, because a chart that mixes two people is worse than one that does not open. */
export async function searchChart<T extends FhirResource>(
  patientId: string,
  type: T['resourceType'],
  query: string,
  signal: AbortSignal,
): Promise<Page<T>> {
  const page = await search<T>(type, `patient=${patientId}${query ? `&${query}` : ''}`, signal);
  return guarded(page, patientId);
}

export async function nextPage<T extends FhirResource>(
  patientId: string,
  type: T['resourceType'],
  next: string,
  signal: AbortSignal,
): Promise<Page<T>> {
  return guarded(pageOf<T>(await readJson<Bundle>(next, signal), type), patientId);
}

function guarded<T extends FhirResource>(page: Page<T>, patientId: string): Page<T> {
  if (!page.items.every((item) => isAbout(item, patientId))) throw new Failure('mixedUp');
  return page;
}
