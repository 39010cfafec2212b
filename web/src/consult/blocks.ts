/* Blocks of text by a short word: "/otite" becomes the sentences that it stands for. */
import type { Bundle, FhirResource } from 'fhir/r4';
import { readJson } from '../fhir/client';
import { useQuery } from '../fhir/query';

export interface Block {
  word: string;
  text: string;
}

interface BlockResource {
  name?: string;
  title?: string;
  description?: string;
}

async function readBlocks(signal: AbortSignal): Promise<Block[]> {
  const bundle = await readJson<Bundle>('Basic?code=urn:aceso:text|block&_count=500', signal);
  return (bundle.entry ?? []).flatMap(({ resource }) => blockOf(resource as (FhirResource & BlockResource) | undefined));
}

function blockOf(resource: (FhirResource & BlockResource) | undefined): Block[] {
  const word = resource?.name;
  const text = resource?.description;
  return word && text ? [{ word: word.toLowerCase(), text }] : [];
}

/* None while they cannot be read: the note does not wait for them. */
export function useBlocks(): Block[] {
  const query = useQuery('blocks', readBlocks);
  return query.state === 'ready' ? query.data : [];
}

const typedWord = /(^|\s)\/([\p{L}\d-]{1,30})$/u;

/* What may be meant at the end of the text before the caret. */
export function blocksFor(before: string, blocks: Block[]): Block[] {
  const word = typedWord.exec(before)?.[2]?.toLowerCase();
  return word === undefined ? [] : blocks.filter((each) => each.word.startsWith(word)).slice(0, 5);
}

export const withBlock = (before: string, block: Block) => before.replace(typedWord, (_, space: string) => space + block.text);
