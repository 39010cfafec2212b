import type { Patient } from 'fhir/r4';
import { useEffect, useState } from 'react';
import { search } from '../fhir/client';
import { Failure } from '../fhir/failure';
import { useText } from '../i18n';
import { interpret, type Ask, type Kind, type Meaning } from './interpret';
import { inOrder } from './match';

export interface Answer {
  patients: Patient[];
  more: boolean;
  by: Kind[];
  /* Nobody has such a name: these only sound like it. */
  sounds: boolean;
  /* What was typed for it, so that the marks belong to these patients. */
  words: string[];
  digits: string;
}

/* While a newer answer is on its way the one before stays on the screen. */
export type Found =
  | { state: 'idle' }
  | { state: 'searching'; before: Answer | null }
  | { state: 'found'; answer: Answer }
  | { state: 'failed'; failure: Failure; retry: () => void };

export function answerOf(found: Found): Answer | null {
  return found.state === 'found' ? found.answer : found.state === 'searching' ? found.before : null;
}

/* Long enough to swallow fast typing, short enough not to be felt. */
const pauseMs = 110;

type Search = Extract<Meaning, { kind: 'search' }>;

/* All readings of what was typed, each patient once. */
async function askAll(asks: Ask[], signal: AbortSignal): Promise<Pick<Answer, 'patients' | 'more' | 'by'>> {
  const pages = await Promise.all(asks.map((each) => search<Patient>('Patient', each.query, signal)));
  const patients = new Map<string | undefined, Patient>();
  const by = new Set<Kind>();
  pages.forEach((page, at) => {
    const { keeps, by: kinds } = asks[at] as Ask;
    for (const patient of keeps ? page.items.filter(keeps) : page.items) {
      patients.set(patient.id, patient);
      kinds.forEach((kind) => by.add(kind));
    }
  });
  return { patients: [...patients.values()], more: pages.some((page) => page.next !== null), by: [...by] };
}

async function answerTo({ asks, sounds, words, digits }: Search, signal: AbortSignal): Promise<Answer> {
  const exact = await askAll(asks, signal);
  const near = exact.patients.length === 0 && sounds.length > 0 ? await askAll(sounds, signal) : null;
  const chosen = near && near.patients.length > 0 ? near : exact;
  return { ...chosen, patients: inOrder(chosen.patients, words), sounds: chosen === near, words, digits };
}

/* The answer belongs to the text that is in the field now: an older request is aborted, and its
 * answer can no longer arrive. */
export function usePatientSearch(text: string): { meaning: Meaning; found: Found } {
  const t = useText();
  const meaning = interpret(text, t);
  const wanted = meaning.kind === 'search' ? [meaning.digits, ...meaning.asks.map((each) => each.query)].join('\n') : null;
  const [found, setFound] = useState<Found>({ state: 'idle' });
  const [attempt, setAttempt] = useState(0);

  useEffect(() => {
    if (wanted === null || meaning.kind !== 'search') {
      setFound({ state: 'idle' });
      return;
    }
    const control = new AbortController();
    setFound((before) => ({ state: 'searching', before: answerOf(before) }));
    const timer = window.setTimeout(() => {
      answerTo(meaning, control.signal).then(
        (answer) => {
          if (!control.signal.aborted) setFound({ state: 'found', answer });
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
    // meaning is a fresh object at each render; wanted stands for it.
  }, [wanted, attempt]);

  useEffect(() => {
    if (found.state !== 'failed' || found.failure.kind !== 'offline') return;
    window.addEventListener('online', found.retry);
    return () => window.removeEventListener('online', found.retry);
  }, [found]);

  return { meaning, found };
}
