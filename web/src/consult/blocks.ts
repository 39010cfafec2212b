/* Blocks of text by a short word: "/otite" becomes the sentences that it stands for, with the
 * patient's own facts in their places. A text that is wanted again is kept under a word. */
import type { FhirResource, Library } from 'fhir/r4';
import { act, readJson, search, told } from '../fhir/client';
import { refresh, useQuery } from '../fhir/query';
import type { NoteText } from './note';
import { templateNote, templateParts } from './templates';

const owner = 'urn:aceso:owner';
const kind = 'urn:aceso:text';

export interface Block {
  id: string;
  word: string;
  text: string;
  /* Of a whole note: what each of its parts gets. */
  note: Partial<NoteText> | null;
}

const decode = (data: string) => new TextDecoder().decode(Uint8Array.from(atob(data), (each) => each.charCodeAt(0)));
const encode = (text: string) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

function blockOf(library: Library): Block[] {
  const data = library.content?.[0]?.data;
  const word = library.title ?? library.name;
  const code = library.type.coding?.find((each) => each.system === kind)?.code;
  if (!data || !word || !library.id || (code !== 'text-block' && code !== 'note-template')) return [];
  const text = decode(data);
  return [{ id: library.id, word: word.toLowerCase(), text, note: code === 'note-template' ? templateNote(templateParts(text)) : null }];
}

/* One's own and those of the centre. None while they cannot be read: the note does not wait for
 * them. */
export function useBlocks(who: string, centre: string): Block[] {
  const query = useQuery(`blocks ${who} ${centre}`, async (signal) => {
    const owners = [who, centre].filter(Boolean).map((each) => `${owner}%7C${each}`);
    const page = await search<Library>('Library', `identifier=${owners.join(',')}&_count=500`, signal);
    return page.items.flatMap(blockOf);
  });
  return query.state === 'ready' ? query.data : [];
}

/* With the patient's facts filled in; as it is written when they cannot be. */
export async function filled(block: Block, patientId: string, language: string): Promise<string> {
  if (!block.text.includes('{')) return block.text;
  try {
    const answer = await readJson<FhirResource>(`Library/${block.id}/$fill?patient=Patient/${patientId}&language=${language}`, new AbortController().signal);
    return told(answer, 'text') || block.text;
  } catch {
    return block.text;
  }
}

export async function keepBlock(who: string, word: string, text: string): Promise<void> {
  const resource: Library = {
    resourceType: 'Library',
    status: 'active',
    title: word,
    identifier: [{ system: owner, value: who }],
    type: { coding: [{ system: kind, code: 'text-block' }] },
    content: [{ contentType: 'text/plain', data: encode(text) }],
  };
  await act('Library/$save', { resource });
  refresh((key) => key.startsWith(`blocks ${who} `));
}

const typedWord = /(^|\s)\/([\p{L}\d-]{1,30})$/u;

export const wordIn = (before: string) => typedWord.exec(before)?.[2]?.toLowerCase() ?? null;

/* What may be meant at the end of the text before the caret. */
export function blocksFor(before: string, blocks: Block[]): Block[] {
  const word = wordIn(before);
  return word === null ? [] : blocks.filter((each) => each.word.startsWith(word)).slice(0, 5);
}

/* The text before the caret with something in place of the word. */
export const inPlace = (before: string, text: string) => before.replace(typedWord, (_, space: string) => space + text);
