/* Loading with all its states, shared: two panels that need the same list ask once. A list that
 * nobody looks at any more is aborted. What was loaded is kept in memory only, for a minute, and
 * thrown away at sign-out. */
import { useCallback, useEffect, useSyncExternalStore } from 'react';
import { Failure } from './failure';

export type Query<T> =
  | { state: 'loading' }
  | { state: 'failed'; failure: Failure; retry: () => void }
  | { state: 'ready'; data: T };

interface Entry {
  query: Query<unknown>;
  loadedAt: number;
  running: AbortController | null;
  /* Asks again; null before it was asked for once. */
  again: (() => void) | null;
  watchers: Set<() => void>;
}

const entries = new Map<string, Entry>();
const freshMs = 60_000;

export function forgetEverything(): void {
  for (const entry of entries.values()) {
    entry.running?.abort();
    entry.running = null;
    entry.loadedAt = 0;
    entry.query = { state: 'loading' };
  }
  for (const [key, entry] of entries) if (entry.watchers.size === 0) entries.delete(key);
}

function entryOf(key: string): Entry {
  let entry = entries.get(key);
  if (!entry) {
    entry = { query: { state: 'loading' }, loadedAt: 0, running: null, again: null, watchers: new Set() };
    entries.set(key, entry);
  }
  return entry;
}

function tell(entry: Entry, query: Query<unknown>): void {
  entry.query = query;
  for (const watcher of [...entry.watchers]) watcher();
}

function start<T>(key: string, load: (signal: AbortSignal) => Promise<T>): void {
  const entry = entryOf(key);
  if (entry.running || Date.now() - entry.loadedAt < freshMs) return;
  const control = new AbortController();
  entry.running = control;
  entry.again = () => start(key, load);
  if (entry.query.state === 'failed') tell(entry, { state: 'loading' });
  load(control.signal).then(
    (data) => {
      if (entry.running !== control) return;
      entry.running = null;
      entry.loadedAt = Date.now();
      tell(entry, { state: 'ready', data });
    },
    (error: unknown) => {
      if (entry.running !== control) return;
      entry.running = null;
      const failure = Failure.from(error);
      if (failure.kind === 'aborted') return;
      tell(entry, { state: 'failed', failure, retry: () => start(key, load) });
    },
  );
}

/* Something has changed: what is on the screen is asked for again and stays until the answer is
 * there; the rest is forgotten. */
export function refresh(concerns: (key: string) => boolean): void {
  for (const [key, entry] of entries) {
    if (!concerns(key)) continue;
    entry.running?.abort();
    entry.running = null;
    entry.loadedAt = 0;
    if (entry.watchers.size === 0) entries.delete(key);
    else entry.again?.();
  }
}

/* key is the whole of what load depends on. */
export function useQuery<T>(key: string, load: (signal: AbortSignal) => Promise<T>): Query<T> {
  const subscribe = useCallback(
    (watcher: () => void) => {
      const entry = entryOf(key);
      entry.watchers.add(watcher);
      return () => {
        entry.watchers.delete(watcher);
        if (entry.watchers.size > 0) return;
        entry.running?.abort();
        entry.running = null;
        if (entry.query.state !== 'ready') entries.delete(key);
      };
    },
    [key],
  );
  const query = useSyncExternalStore(subscribe, () => entryOf(key).query);
  useEffect(() => {
    start(key, load);
    const again = () => {
      const now = entryOf(key).query;
      if (now.state === 'failed' && now.failure.kind === 'offline') now.retry();
    };
    window.addEventListener('online', again);
    return () => window.removeEventListener('online', again);
    // load is a fresh closure at each render; key stands for it.
  }, [key]);
  return query as Query<T>;
}
