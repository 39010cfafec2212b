import type { Patient } from 'fhir/r4';
import { useEffect, useState } from 'react';
import { search } from '../fhir/client';
import { Failure } from '../fhir/failure';
import { useText } from '../i18n';
import { interpret, type Meaning } from './interpret';

export type Found =
  | { state: 'idle' }
  | { state: 'searching'; patients: Patient[] }
  | { state: 'found'; patients: Patient[]; more: boolean }
  | { state: 'failed'; failure: Failure; retry: () => void };

/* Long enough to swallow fast typing, short enough not to be felt. */
const pauseMs = 110;

/* The answer belongs to the text that is in the field now: an older request is aborted, and its
 * answer can no longer arrive. */
export function usePatientSearch(text: string): { meaning: Meaning; found: Found } {
  const t = useText();
  const meaning = interpret(text, t);
  const query = meaning.kind === 'search' ? meaning.query : null;
  const [found, setFound] = useState<Found>({ state: 'idle' });
  const [attempt, setAttempt] = useState(0);

  useEffect(() => {
    if (query === null) {
      setFound({ state: 'idle' });
      return;
    }
    const control = new AbortController();
    setFound((before) => ({ state: 'searching', patients: 'patients' in before ? before.patients : [] }));
    const timer = window.setTimeout(() => {
      search<Patient>('Patient', query, control.signal).then(
        (page) => {
          if (!control.signal.aborted) setFound({ state: 'found', patients: page.items, more: page.next !== null });
        },
        (error: unknown) => {
          const failure = Failure.from(error);
          if (!control.signal.aborted && failure.kind !== 'aborted')
            setFound({ state: 'failed', failure, retry: () => setAttempt((count) => count + 1) });
        },
      );
    }, pauseMs);
    return () => {
      window.clearTimeout(timer);
      control.abort();
    };
  }, [query, attempt]);

  useEffect(() => {
    if (found.state !== 'failed' || found.failure.kind !== 'offline') return;
    window.addEventListener('online', found.retry);
    return () => window.removeEventListener('online', found.retry);
  }, [found]);

  return { meaning, found };
}
