/* A file on its way to the record. The one place that does not use fetch: only this way can be
 * said how much has arrived. */
import { sessionMayHaveEnded, signedInAgain } from '../app/session';
import { Failure } from './failure';

export const bytesMax = 100 * 1024 * 1024;

export type UploadFault = 'tooLarge' | 'empty' | 'refusedType' | 'busy' | 'mayNot' | 'offline' | 'server';

export class UploadFailure extends Error {
  readonly fault: UploadFault | 'aborted';
  constructor(fault: UploadFault | 'aborted') {
    super(fault);
    this.fault = fault;
  }
}

const faultOf: Record<number, UploadFault> = { 0: 'offline', 403: 'mayNot', 404: 'mayNot', 413: 'tooLarge', 415: 'refusedType', 422: 'refusedType', 429: 'busy', 503: 'busy' };

/* Of a failed step that was not the file itself. */
export function uploadFaultOf(error: unknown): UploadFault | 'aborted' {
  if (error instanceof UploadFailure) return error.fault;
  const { kind } = Failure.from(error);
  const faults: Partial<Record<typeof kind, UploadFault | 'aborted'>> = { aborted: 'aborted', offline: 'offline', forbidden: 'mayNot', notFound: 'mayNot', busy: 'busy', refused: 'refusedType' };
  return faults[kind] ?? 'server';
}

interface Answer {
  status: number;
  location: string | null;
}

function once(file: Blob, type: string, context: string, onSent: (bytes: number) => void, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(new UploadFailure('aborted'));
      return;
    }
    const request = new XMLHttpRequest();
    const stop = () => request.abort();
    const end = (status: number) => {
      signal.removeEventListener('abort', stop);
      if (signal.aborted) reject(new UploadFailure('aborted'));
      else resolve({ status, location: status === 0 ? null : request.getResponseHeader('Location') });
    };
    request.open('POST', '/fhir/Binary');
    request.setRequestHeader('Content-Type', type);
    request.setRequestHeader('Accept', 'application/fhir+json');
    request.setRequestHeader('X-Security-Context', context);
    request.upload.onprogress = (event) => onSent(event.loaded);
    request.onload = () => end(request.status);
    request.onerror = () => end(0);
    request.onabort = () => end(0);
    signal.addEventListener('abort', stop);
    request.send(file);
  });
}

const pause = (ms: number, signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    const timer = window.setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      window.clearTimeout(timer);
      resolve();
    });
  });

const triesMax = 4;

/* Waits over a session that has ended, and over a server that takes one large file at a time.
 * Answers the address below /fhir/. */
export async function sendFile(file: Blob, type: string, context: string, onSent: (bytes: number) => void, signal: AbortSignal): Promise<string> {
  for (let tried = 1; ; ) {
    const { status, location } = await once(file, type, context, onSent, signal);
    if (status === 401) {
      await sessionMayHaveEnded();
      await signedInAgain(signal);
      continue;
    }
    if (status === 201) {
      const id = /\/(Binary\/[A-Za-z0-9\-.]{1,64})(?:\/_history\/.*)?$/.exec(location ?? '')?.[1];
      if (!id) throw new UploadFailure('server');
      return id;
    }
    if (status !== 503 || tried === triesMax) throw new UploadFailure(faultOf[status] ?? 'server');
    tried++;
    onSent(0);
    await pause(3_000 * tried, signal);
  }
}
