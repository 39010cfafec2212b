/* Programs that people let in: what one asks for, what somebody answers, what has access. */
import { sessionEnded, signedInAgain } from '../app/session';
import { drop, Failure } from '../fhir/failure';

export interface Wish {
  text: string;
  level: 'word' | 'patient' | 'user' | 'system';
  type?: string;
  letters?: string;
}

export interface Asked {
  client: { id: string; name: string; home?: string; origin?: string; self_registered: boolean };
  scopes: Wish[];
  must_sign_in: boolean;
  needs_patient: boolean;
  patient?: string;
  remembered?: string;
}

export interface Program {
  client: string;
  name: string;
  scopes: string;
  lives: boolean;
  since?: string;
  seen?: string;
}

export interface Launcher {
  client: string;
  name: string;
  home?: string;
}

/* Why a request of a program cannot be shown: in its own words, for who manages the server. */
export class BadRequest extends Error {
  readonly code: string;
  constructor(code: string, sentence: string) {
    super(sentence);
    this.code = code;
  }
}

async function ask(path: string, body: object | null, signal: AbortSignal): Promise<Response> {
  for (;;) {
    let response: Response;
    try {
      response = await fetch(`/auth/${path}`, {
        signal,
        credentials: 'same-origin',
        cache: 'no-store',
        headers: { Accept: 'application/json', ...(body ? { 'Content-Type': 'application/json' } : {}) },
        ...(body ? { method: 'POST', body: JSON.stringify(body) } : {}),
      });
    } catch {
      throw new Failure(signal.aborted ? 'aborted' : 'offline');
    }
    if (response.ok) return response;
    if (response.status === 401) {
      void drop(response);
      sessionEnded();
      await signedInAgain(signal);
      continue;
    }
    if (response.status !== 400) {
      void drop(response);
      throw Failure.of(response);
    }
    const said = (await response.json().catch(() => ({}))) as { error?: string; error_description?: string };
    throw new BadRequest(said.error ?? 'invalid_request', said.error_description ?? '');
  }
}

export async function readAsked(query: string, signal: AbortSignal): Promise<Asked | { redirect: string }> {
  return (await (await ask('apps/request', { query }, signal)).json()) as Asked | { redirect: string };
}

export interface Decision {
  query: string;
  allow: boolean;
  scopes?: string[];
  patient?: string;
}

export async function decide(decision: Decision): Promise<string> {
  const answer = (await (await ask('apps/decision', decision, new AbortController().signal)).json()) as { redirect: string };
  return answer.redirect;
}

export async function programs(signal: AbortSignal): Promise<Program[]> {
  return ((await (await ask('apps', null, signal)).json()) as { apps: Program[] }).apps;
}

export async function endProgram(client: string): Promise<void> {
  await ask('apps/end', { client }, new AbortController().signal);
}

export async function launchers(signal: AbortSignal): Promise<Launcher[]> {
  return ((await (await ask('launches', null, signal)).json()) as { apps: Launcher[] }).apps;
}

export async function launch(client: string, patientId: string): Promise<string> {
  const answer = await ask('launches', { client, patient: `Patient/${patientId}` }, new AbortController().signal);
  return ((await answer.json()) as { url: string }).url;
}
