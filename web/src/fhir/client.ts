/* The only file that asks the record for anything. Every address is same-origin. */
import type { Bundle, FhirResource, Parameters, ParametersParameter, Patient } from 'fhir/r4';
import { sessionMayHaveEnded, signedInAgain } from '../app/session';
import { parseKeepingDigits } from './decimal';
import { drop, Failure } from './failure';

const base = '/fhir/';

interface Sent {
  method: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  body?: string;
  contentType?: string;
  ifMatch?: string;
}

/* How far the server's clock is ahead of this computer's, as its latest answer said it. */
let aheadMs = 0;
export const serverNow = () => Date.now() + aheadMs;

function noteClock(response: Response): void {
  const at = Date.parse(response.headers.get('Date') ?? '');
  if (!Number.isNaN(at)) aheadMs = at - Date.now();
}

/* Waits over a session that has ended: nothing that was asked or typed is lost by it. */
export async function ask(path: string, accept: string, signal: AbortSignal, sent?: Sent): Promise<Response> {
  for (;;) {
    let response: Response;
    try {
      response = await fetch(base + path, {
        signal,
        credentials: 'same-origin',
        cache: 'no-store',
        method: sent?.method ?? 'GET',
        headers: {
          Accept: accept,
          ...(sent?.body === undefined ? {} : { 'Content-Type': sent.contentType ?? 'application/fhir+json' }),
          ...(sent?.ifMatch ? { 'If-Match': sent.ifMatch } : {}),
        },
        ...(sent?.body === undefined ? {} : { body: sent.body }),
      });
    } catch {
      throw new Failure(signal.aborted ? 'aborted' : 'offline');
    }
    noteClock(response);
    if (response.ok) return response;
    if (response.status === 401) {
      void drop(response);
      await sessionMayHaveEnded();
      await signedInAgain(signal);
      continue;
    }
    const failure = Failure.of(response);
    if (failure.kind === 'conflict' || failure.kind === 'refused') failure.answer = (await response.json().catch(() => null)) as FhirResource | null;
    else void drop(response);
    throw failure;
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

async function written<T>(path: string, sent: Sent): Promise<T | null> {
  const response = await ask(path, 'application/fhir+json', new AbortController().signal, sent);
  const text = await response.text();
  return text === '' ? null : (parseKeepingDigits(text) as T);
}

export function create<T extends FhirResource>(resource: T): Promise<T | null> {
  return written<T>(resource.resourceType, { method: 'POST', body: JSON.stringify(resource) });
}

/* Only in place of the version that was read. */
export function replace<T extends FhirResource>(resource: T): Promise<T | null> {
  const version = resource.meta?.versionId;
  return written<T>(`${resource.resourceType}/${resource.id}`, {
    method: 'PUT',
    body: JSON.stringify(resource),
    ...(version ? { ifMatch: `W/"${version}"` } : {}),
  });
}

export interface Change {
  op: 'add' | 'replace' | 'remove' | 'test';
  path: string;
  value?: unknown;
}

export function patch(path: string, changes: Change[]): Promise<FhirResource | null> {
  return written(path, { method: 'PATCH', body: JSON.stringify(changes), contentType: 'application/json-patch+json' });
}

export function remove(path: string): Promise<FhirResource | null> {
  return written(path, { method: 'DELETE' });
}

type Given = string | number | boolean | FhirResource | undefined;

function parameter(name: string, value: Exclude<Given, undefined>): ParametersParameter {
  if (typeof value === 'string') return { name, valueString: value };
  if (typeof value === 'number') return { name, valueInteger: value };
  if (typeof value === 'boolean') return { name, valueBoolean: value };
  return { name, resource: value };
}

/* POST of an operation. What is undefined is not sent; a list is sent as its members. */
export function act<T extends FhirResource>(path: string, given: Record<string, Given | Given[]> = {}): Promise<T | null> {
  const list = Object.entries(given).flatMap(([name, values]) =>
    (Array.isArray(values) ? values : [values]).flatMap((value) => (value === undefined ? [] : [parameter(name, value)])),
  );
  const body: Parameters = { resourceType: 'Parameters', parameter: list };
  return written<T>(path, { method: 'POST', body: JSON.stringify(body) });
}

/* What an operation told under a name, whatever its type. */
export function told(parameters: FhirResource | null, name: string): string {
  const found = parameters?.resourceType === 'Parameters' ? parameters.parameter?.find((each) => each.name === name) : undefined;
  if (!found) return '';
  const value = found.valueString ?? found.valueUrl ?? found.valueInstant ?? found.valueDateTime ?? found.valueCode ?? found.valueInteger ?? found.valueBoolean ?? found.valueReference?.reference;
  return value === undefined ? '' : String(value);
}

/* Everything of a bundle, of one type. */
export function members<T extends FhirResource>(bundle: FhirResource | null, type: T['resourceType']): T[] {
  if (bundle?.resourceType !== 'Bundle') return [];
  return (bundle.entry ?? []).map((entry) => entry.resource).filter((resource): resource is T => resource?.resourceType === type);
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
