/* Who is signed in. The cookie is HttpOnly: this file never sees a token, only what
 * /auth/session tells. A session that ends locks the page instead of leaving it: requests that
 * met a 401 wait in signedInAgain() and go on when the same user has signed in over the page. */
import { useSyncExternalStore } from 'react';
import { drop, Failure } from '../fhir/failure';
import { deviceName } from './device';
import { usePasskey, type AskOptions } from './passkey';

export interface Session {
  user: string;
  display: string;
  role: string;
  reference: string | null;
  language: string;
  expires: string;
  /* So long without a key or a pointer, and the screen is locked; an old server does not say. */
  idleSeconds?: number;
  /* His role may open a record in an emergency. */
  breaksGlass?: boolean;
  /* How long a link of a kind holds that does not say until when. */
  linkMonths?: Record<string, number>;
  /* Nothing can be opened until a second factor is set up. */
  next?: 'enrol';
}

export type Way = 'password' | 'totp' | 'passkey' | 'recovery' | 'card';

/* The password was right, and one of these is wanted too; or what a session can be unlocked with. */
export interface Wanted {
  ticket: string;
  factors: Way[];
  publicKey?: AskOptions;
}

export type LockReason = 'ended' | 'idle';
export type SessionState =
  | { phase: 'starting' }
  | { phase: 'unreachable' }
  | { phase: 'out' }
  | { phase: 'in'; session: Session }
  | { phase: 'locked'; session: Session; why: LockReason };

const idleUsual = 15 * 60;

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

/* POST of an object, which only an answer of 2xx ends well. */
export async function send(path: string, body: object = {}): Promise<Response> {
  const response = await ask(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
    body: JSON.stringify(body),
  });
  if (response.ok) return response;
  if (response.status === 401) throw new Failure('wrongPassword');
  throw Failure.of(response);
}

export async function get<T>(path: string): Promise<T> {
  const response = await ask(path, { headers: { Accept: 'application/json' } });
  if (response.status === 401) sessionEnded();
  if (!response.ok) throw Failure.of(response);
  return (await response.json()) as T;
}

function welcome(session: Session): void {
  enter(session);
  tabs?.postMessage('in');
}

/* Signed in, or what is wanted besides the password. */
async function judge(response: Response): Promise<Wanted | null> {
  const told = (await response.json()) as Session | (Wanted & { next: 'factor' });
  if ('ticket' in told) return told;
  welcome(told);
  return null;
}

export async function signIn(user: string, password: string): Promise<Wanted | null> {
  return judge(await send('/auth/sign-in', { user, password, device: deviceName() }));
}

export async function signInWith(wanted: Wanted, shown: Shown): Promise<void> {
  await judge(await send('/auth/sign-in/factor', { ...(await proofOf(wanted, shown)), device: deviceName() }));
}

/* Without a name and a password: the passkey knows whose it is. */
export async function signInByPasskeyAlone(): Promise<void> {
  const asked = (await (await send('/auth/passkey/ask')).json()) as Required<Pick<Wanted, 'ticket' | 'publicKey'>>;
  const passkey = await usePasskey(asked.publicKey);
  await judge(await send('/auth/passkey/sign-in', { ticket: asked.ticket, passkey, device: deviceName() }));
}

/* The card is name and both factors. */
export async function signInWithCard(card: string): Promise<void> {
  await judge(await send('/auth/card/sign-in', { card, device: deviceName() }));
}

export interface Provider {
  id: string;
  name: string;
}

/* Other places to sign in; none when they cannot be told now. */
export async function providers(): Promise<Provider[]> {
  const response = await ask('/auth/providers', { headers: { Accept: 'application/json' } }).catch(() => null);
  return response?.ok ? ((await response.json()) as { providers: Provider[] }).providers : [];
}

/* A trip to one of them and back, kept in this tab meanwhile: a sealed ticket, and nobody's data. */
export interface Trip {
  provider: string;
  ticket: string;
  purpose: 'sign-in' | 'link';
  back: string;
}

const tripKey = 'aceso.provider';

export function keepTrip(trip: Trip): void {
  window.sessionStorage.setItem(tripKey, JSON.stringify(trip));
}

/* Once. */
export function takeTrip(): Trip | null {
  const text = window.sessionStorage.getItem(tripKey);
  window.sessionStorage.removeItem(tripKey);
  try {
    return JSON.parse(text ?? 'null') as Trip | null;
  } catch {
    return null;
  }
}

/* What a browser came back with from an identity provider. */
export interface ProviderReturn {
  provider: string;
  ticket: string;
  code: string;
  state: string;
  iss: string;
}

export async function signInByProvider(back: ProviderReturn): Promise<Wanted | null> {
  return judge(await send('/auth/provider/sign-in', { ...back, device: deviceName() }));
}

export async function linkProvider(back: ProviderReturn): Promise<void> {
  await send('/auth/provider/link', back);
}

/* What this session can show, again: for sensitive acts, and to unlock it. */
export async function askStepUp(): Promise<Wanted> {
  await locking;
  return (await (await send('/auth/step-up/ask')).json()) as Wanted;
}

type Shown = { password: string } | { code: string } | { passkey: true } | { card: string };

async function proofOf(wanted: Wanted, shown: Shown): Promise<object> {
  if (!('passkey' in shown)) return { ...shown, ticket: wanted.ticket };
  if (!wanted.publicKey) throw new Failure('server');
  return { ticket: wanted.ticket, passkey: await usePasskey(wanted.publicKey) };
}

export async function stepUp(wanted: Wanted, shown: Shown): Promise<void> {
  await judge(await send('/auth/step-up', await proofOf(wanted, shown)));
}

export async function unlock(wanted: Wanted, shown: Shown): Promise<void> {
  await judge(await send('/auth/unlock', await proofOf(wanted, shown)));
}

/* Somebody has forgotten his password: the answer is the same whoever it is. */
export async function askForLink(user: string): Promise<void> {
  await send('/auth/password/ask', { user });
}

export interface LinkOwner {
  user: string;
  display: string;
  language: string;
  kind: 'invitation' | 'reset';
}

export async function linkOwner(link: string): Promise<LinkOwner> {
  return (await (await send('/auth/link/ask', { link })).json()) as LinkOwner;
}

export async function setPassword(link: string, password: string): Promise<Wanted | null> {
  return judge(await send('/auth/link', { link, password, device: deviceName() }));
}

/* The session may do more, or less, than a moment ago. */
export async function refreshSession(): Promise<void> {
  const response = await ask('/auth/session', { headers: { Accept: 'application/json' } });
  if (response.ok) enter((await response.json()) as Session);
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

/* The same, of a request that may have left just before the session got another cookie (a step-up,
 * an unlocking): then it is asked once more. */
export async function sessionMayHaveEnded(): Promise<void> {
  const response = await ask('/auth/session', { headers: { Accept: 'application/json' } }).catch(() => null);
  if (!response?.ok) sessionEnded();
}

/* What a session can be unlocked with is asked when the server knows that it is locked. */
let locking: Promise<unknown> = Promise.resolve();

/* The session stays on the server and opens nothing until it is unlocked. */
export async function lock(): Promise<void> {
  if (state.phase !== 'in') return;
  locking = ask('/auth/lock', { method: 'POST' }).catch(() => undefined);
  set({ phase: 'locked', session: state.session, why: 'idle' });
  await locking;
  tabs?.postMessage('locked');
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

/* Runs for the life of the page: locks when the site's time without a key or a pointer in any tab
 * is over, and when the session's own end has come. */
export function watchSession(): void {
  for (const name of ['keydown', 'pointerdown', 'pointermove', 'wheel', 'touchstart'])
    window.addEventListener(name, noteActivity, { passive: true, capture: true });
  window.setInterval(() => {
    if (state.phase !== 'in') lastActivity = Date.now();
    else if (Date.now() - lastActivity >= (state.session.idleSeconds ?? idleUsual) * 1000) void lock();
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
