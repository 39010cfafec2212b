/* Who is signed in. The cookie is HttpOnly: this file never sees a token, only what
 * /auth/session tells. A session that ends locks the page instead of leaving it: requests that
 * met a 401 wait in signedInAgain() and go on when the same user has signed in over the page. */
import { useSyncExternalStore } from 'react';
import { drop, Failure } from '../fhir/failure';

export interface Session {
  user: string;
  display: string;
  role: string;
  reference: string | null;
  language: string;
  expires: string;
}

export type LockReason = 'ended' | 'idle';
export type SessionState =
  | { phase: 'starting' }
  | { phase: 'unreachable' }
  | { phase: 'out' }
  | { phase: 'in'; session: Session }
  | { phase: 'locked'; session: Session; why: LockReason };

export const idleLimitMs = 15 * 60 * 1000;

let state: SessionState = { phase: 'starting' };
let generation = 0;
const listeners = new Set<() => void>();
/* Other tabs of the same browser share the cookie, so they share the lock and the key. */
const tabs = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('aceso-session');

function set(next: SessionState): void {
  state = next;
  for (const listener of [...listeners]) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useSession(): SessionState {
  return useSyncExternalStore(subscribe, () => state);
}

/* Changes when another person signs in: everything that was loaded for the previous one is
 * thrown away. */
export function sessionGeneration(): number {
  return generation;
}

async function ask(path: string, init: RequestInit): Promise<Response> {
  try {
    const response = await fetch(path, { credentials: 'same-origin', cache: 'no-store', ...init });
    if (!response.ok) void drop(response);
    return response;
  } catch {
    throw new Failure('offline');
  }
}

export async function findSession(): Promise<void> {
  set({ phase: 'starting' });
  try {
    const response = await ask('/auth/session', { headers: { Accept: 'application/json' } });
    if (response.ok) set({ phase: 'in', session: (await response.json()) as Session });
    else if (response.status === 401) set({ phase: 'out' });
    else set({ phase: 'unreachable' });
  } catch {
    set({ phase: 'unreachable' });
  }
}

export async function signIn(user: string, password: string): Promise<void> {
  const response = await ask('/auth/sign-in', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
    body: JSON.stringify({ user, password }),
  });
  if (response.status === 401) throw new Failure('wrongPassword');
  if (!response.ok) throw Failure.of(response);
  enter((await response.json()) as Session);
  tabs?.postMessage('in');
}

function enter(session: Session): void {
  const previous = state.phase === 'locked' || state.phase === 'in' ? state.session.user : null;
  if (previous !== session.user) generation++;
  set({ phase: 'in', session });
}

/* A request was answered 401: the page stays, the lock comes over it. */
export function sessionEnded(): void {
  if (state.phase === 'in') set({ phase: 'locked', session: state.session, why: 'ended' });
}

export async function lock(): Promise<void> {
  if (state.phase !== 'in') return;
  set({ phase: 'locked', session: state.session, why: 'idle' });
  tabs?.postMessage('locked');
  await ask('/auth/sign-out', { method: 'POST' }).catch(() => undefined);
}

/* The server is told first: a sign-out that it never heard of would be a lie. */
export async function signOut(): Promise<void> {
  const response = await ask('/auth/sign-out', { method: 'POST' });
  if (!response.ok && response.status !== 401) throw Failure.of(response);
  leave();
  tabs?.postMessage('out');
}

export function leave(): void {
  generation++;
  set({ phase: 'out' });
}

export function signedInAgain(signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      listeners.delete(look);
      signal.removeEventListener('abort', give);
    };
    const give = () => {
      stop();
      reject(new Failure('aborted'));
    };
    const look = () => {
      if (state.phase === 'in') {
        stop();
        resolve();
      } else if (state.phase === 'out') {
        give();
      }
    };
    if (signal.aborted) return reject(new Failure('aborted'));
    listeners.add(look);
    signal.addEventListener('abort', give);
    look();
  });
}

let lastActivity = Date.now();

function noteActivity(): void {
  const now = Date.now();
  if (now - lastActivity > 20_000) tabs?.postMessage('active');
  lastActivity = now;
}

/* Runs for the life of the page: locks after fifteen minutes without a key or a pointer in any
 * tab, and when the session's own end has come. */
export function watchSession(): void {
  for (const name of ['keydown', 'pointerdown', 'pointermove', 'wheel', 'touchstart'])
    window.addEventListener(name, noteActivity, { passive: true, capture: true });
  window.setInterval(() => {
    if (state.phase !== 'in') lastActivity = Date.now();
    else if (Date.now() - lastActivity >= idleLimitMs) void lock();
  }, 5_000);
  tabs?.addEventListener('message', (event: MessageEvent<unknown>) => {
    if (event.data === 'active') lastActivity = Date.now();
    if (event.data === 'locked' && state.phase === 'in')
      set({ phase: 'locked', session: state.session, why: 'idle' });
    if (event.data === 'out' && state.phase !== 'out') leave();
    if (event.data === 'in' && state.phase !== 'in') void resume();
  });
}

/* Another tab signed in. */
async function resume(): Promise<void> {
  const response = await ask('/auth/session', { headers: { Accept: 'application/json' } }).catch(() => null);
  if (response?.ok) enter((await response.json()) as Session);
}
