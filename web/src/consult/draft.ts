/* What is being typed, kept on the server every two seconds, for this account alone. Two windows
 * with the same text are two versions: whoever saves second is shown both. */
import type { FhirResource } from 'fhir/r4';
import { useCallback, useEffect, useRef, useState } from 'react';
import { act, readJson, told } from '../fhir/client';
import { Failure } from '../fhir/failure';

const pauseMs = 2_000;

export type DraftState = 'loading' | 'saved' | 'typing' | 'saving' | 'offline' | 'conflict';

export interface Draft {
  text: string;
  state: DraftState;
  /* The text of the other window, while both stand. */
  theirs: string | null;
  set: (text: string) => void;
  settle: (text: string) => void;
  saveNow: () => void;
  drop: () => Promise<void>;
}

interface Kept {
  text: string;
  version: string;
}

async function readDraft(key: string, signal: AbortSignal): Promise<Kept> {
  try {
    const answer = await readJson<FhirResource>(`$draft?key=${encodeURIComponent(key)}`, signal);
    return { text: told(answer, 'text'), version: told(answer, 'version') };
  } catch (error) {
    if (Failure.from(error).kind === 'notFound') return { text: '', version: '' };
    throw error;
  }
}

export function useDraft(key: string): Draft {
  const [text, setText] = useState('');
  const [state, setState] = useState<DraftState>('loading');
  const [theirs, setTheirs] = useState<string | null>(null);
  const version = useRef('');
  const latest = useRef('');
  const kept = useRef('');
  const flying = useRef<Promise<boolean> | null>(null);
  const left = useRef(false);

  useEffect(() => {
    const control = new AbortController();
    readDraft(key, control.signal).then(
      (found) => {
        version.current = found.version;
        kept.current = found.text;
        latest.current = found.text;
        setText(found.text);
        setState('saved');
      },
      (error: unknown) => {
        if (Failure.from(error).kind !== 'aborted') setState('offline');
      },
    );
    return () => control.abort();
  }, [key]);

  const keep = useCallback(async () => {
    const sent = latest.current;
    setState('saving');
    try {
      const answer = await act<FhirResource>('$save-draft', { key, text: sent, version: version.current === '' ? undefined : version.current });
      version.current = told(answer, 'version');
      kept.current = sent;
      setState(latest.current === sent ? 'saved' : 'typing');
    } catch (error) {
      const failure = Failure.from(error);
      if (failure.kind === 'conflict') {
        version.current = told(failure.answer, 'version');
        setTheirs(told(failure.answer, 'text'));
        setState('conflict');
      } else {
        setState('offline');
      }
    }
    return kept.current === sent;
  }, [key]);

  /* One at a time. Whoever has left meanwhile cannot ask for the rest any more. */
  const save = useCallback(async () => {
    if (flying.current || latest.current === kept.current) return;
    flying.current = keep();
    const done = await flying.current;
    flying.current = null;
    if (done && left.current) void save();
  }, [keep]);

  useEffect(() => {
    if (state !== 'typing' && state !== 'offline') return;
    const timer = window.setTimeout(() => void save(), pauseMs);
    return () => window.clearTimeout(timer);
  }, [text, state, save]);

  /* A page that is left has saved what it held. */
  useEffect(() => {
    const leave = () => document.visibilityState === 'hidden' && void save();
    document.addEventListener('visibilitychange', leave);
    left.current = false;
    return () => {
      document.removeEventListener('visibilitychange', leave);
      left.current = true;
      void save();
    };
  }, [save]);

  const set = (next: string) => {
    latest.current = next;
    setText(next);
    setState((now) => (now === 'loading' || now === 'conflict' ? now : 'typing'));
  };
  const settle = (next: string) => {
    setTheirs(null);
    latest.current = next;
    setText(next);
    setState('typing');
  };
  /* A save that is on its way comes first: behind this it would bring the text back. */
  const drop = async () => {
    latest.current = kept.current;
    await flying.current;
    kept.current = '';
    latest.current = '';
    version.current = '';
    setText('');
    setState('saved');
    await act('$drop-draft', { key }).catch(() => null);
  };
  return { text, state, theirs, set, settle, saveNow: () => void save(), drop };
}

/* Two windows wrote: the other text comes below one's own, and nothing is lost. */
export function useJoinedDraft(key: string): Draft {
  const draft = useDraft(key);
  const { state, theirs, text, settle } = draft;
  useEffect(() => {
    if (state === 'conflict') settle(theirs && theirs !== text ? `${text}\n\n${theirs}` : text);
  }, [state]);
  return draft;
}
