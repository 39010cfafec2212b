/* Why something could not be shown, in the kinds that a screen can say in plain words. */
import type { FhirResource } from 'fhir/r4';

export type FailureKind =
  | 'aborted'
  | 'offline'
  | 'wrongPassword'
  | 'stepUp'
  | 'noPasskey'
  | 'card'
  | 'lockedOut'
  | 'busy'
  | 'forbidden'
  | 'notFound'
  | 'refused'
  | 'conflict'
  | 'mixedUp'
  | 'server';

export class Failure extends Error {
  readonly kind: FailureKind;
  readonly retryAfterSeconds: number | null;
  /* Of a card: why it was refused. */
  readonly word: string;
  /* What came with it, when it was read. */
  answer: FhirResource | null = null;

  constructor(kind: FailureKind, retryAfterSeconds: number | null = null, word = '') {
    super(kind);
    this.kind = kind;
    this.retryAfterSeconds = retryAfterSeconds;
    this.word = word;
  }

  static of(response: Response): Failure {
    const { status } = response;
    if (status === 403) return new Failure(response.headers.get('Aceso-Needs') === 'step-up' ? 'stepUp' : 'forbidden');
    if (status === 404 || status === 410) return new Failure('notFound');
    if (status === 429) return new Failure('lockedOut', Number(response.headers.get('Retry-After')) || 60);
    if (status === 409 || status === 412) return new Failure('conflict');
    if (status === 503) return new Failure('busy');
    if (status >= 400 && status < 500) return new Failure('refused');
    return new Failure('server');
  }

  static from(error: unknown): Failure {
    return error instanceof Failure ? error : new Failure('server');
  }
}

/* An answer that nobody reads keeps its connection, and a browser has six. */
export async function drop(response: Response): Promise<void> {
  await response.body?.cancel().catch(() => undefined);
}
