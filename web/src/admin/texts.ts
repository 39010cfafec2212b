/* Texts that are kept under a word, whosever they are: for who looks after them. How they are stored
 * says docs/guide/consultation.md. */
import type { Library, Organization, Practitioner } from 'fhir/r4';
import { act, search } from '../fhir/client';

const ownerSystem = 'urn:aceso:owner';
const kindSystem = 'urn:aceso:text';

export type TextKind = 'block' | 'template' | 'favourite';
const codes: Record<TextKind, string> = { block: 'text-block', template: 'note-template', favourite: 'favourite' };

export interface Kept {
  library: Library | null;
  word: string;
  kind: TextKind;
  owner: string;
  /* Of a template: the note as it is stored (consult/templates.ts). */
  text: string;
}

const decode = (data: string) => new TextDecoder().decode(Uint8Array.from(atob(data), (each) => each.charCodeAt(0)));
const encode = (text: string) => btoa(Array.from(new TextEncoder().encode(text), (each) => String.fromCharCode(each)).join(''));

function keptOf(library: Library): Kept[] {
  const code = library.type.coding?.find((each) => each.system === kindSystem)?.code;
  const kind = (Object.keys(codes) as TextKind[]).find((each) => codes[each] === code);
  const owner = library.identifier?.find((each) => each.system === ownerSystem)?.value;
  if (!kind || !owner) return [];
  return [{ library, word: library.title ?? library.name ?? '', kind, owner, text: decode(library.content?.[0]?.data ?? '') }];
}

export interface Owner {
  reference: string;
  name: string;
}

export async function readTexts(signal: AbortSignal): Promise<Kept[]> {
  const page = await search<Library>('Library', '_count=1000', signal);
  return page.items.flatMap(keptOf).sort((a, b) => a.word.localeCompare(b.word));
}

export async function readOwners(signal: AbortSignal, nameFor: (person: Practitioner) => string, isCentre: (each: Organization) => boolean): Promise<Owner[]> {
  const [centres, people] = await Promise.all([search<Organization>('Organization', '_count=500', signal), search<Practitioner>('Practitioner', 'active=true&_count=500', signal)]);
  const byName = (a: Owner, b: Owner) => a.name.localeCompare(b.name);
  return [
    ...centres.items.filter(isCentre).map((each) => ({ reference: `Organization/${each.id}`, name: each.name ?? '' })).sort(byName),
    ...people.items.map((each) => ({ reference: `Practitioner/${each.id}`, name: nameFor(each) })).sort(byName),
  ];
}

export async function keepText(kept: Kept): Promise<void> {
  const template = kept.kind === 'template';
  const resource: Library = {
    ...(kept.library ?? { resourceType: 'Library', status: 'active' }),
    title: kept.word.trim(),
    identifier: [{ system: ownerSystem, value: kept.owner }],
    type: { coding: [{ system: kindSystem, code: codes[kept.kind] }] },
    content: [{ contentType: template ? 'application/fhir+json' : 'text/plain', data: encode(kept.text) }],
  };
  await act(kept.library?.id ? `Library/${kept.library.id}/$save` : 'Library/$save', { resource });
}

export async function dropText(kept: Kept): Promise<void> {
  await act(`Library/${kept.library?.id}/$drop`);
}
