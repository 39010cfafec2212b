/* The answer of $who-looked, as the screen needs it. */
import type { Parameters, ParametersParameter } from 'fhir/r4';
import { readJson, samePlace } from './client';
import { Failure } from './failure';

export interface Looked {
  event: string;
  at: string;
  who: string;
  role: string;
  what: string;
  parts: string;
  reason: string;
  glassBroken: boolean;
}

export interface LookedPage {
  items: Looked[];
  next: string | null;
}

function partOf(entry: ParametersParameter, name: string): ParametersParameter | undefined {
  return entry.part?.find((each) => each.name === name);
}

function lookedOf(entry: ParametersParameter): Looked {
  const text = (name: string): string => partOf(entry, name)?.valueString ?? '';
  return {
    event: partOf(entry, 'event')?.valueReference?.reference ?? '',
    at: partOf(entry, 'at')?.valueInstant ?? '',
    who: text('who'),
    role: text('role'),
    what: text('what'),
    parts: text('parts'),
    reason: text('reason'),
    glassBroken: partOf(entry, 'glassBroken')?.valueBoolean ?? false,
  };
}

export async function readWhoLooked(patientId: string, path: string, signal: AbortSignal): Promise<LookedPage> {
  if (!path.startsWith(`Patient/${patientId}/$who-looked?`)) throw new Failure('mixedUp');
  const answer = await readJson<Parameters>(path, signal);
  if (answer.resourceType !== 'Parameters') throw new Failure('server');
  const next = answer.parameter?.find((each) => each.name === 'next')?.valueUri;
  return {
    items: (answer.parameter ?? []).filter((each) => each.name === 'entry').map(lookedOf),
    next: next ? samePlace(next) : null,
  };
}
