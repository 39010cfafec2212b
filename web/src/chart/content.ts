/* The content of a document, made harmless: the type comes from a short list and is checked
 * against the first bytes, so nothing that a browser would run is ever opened in our origin. Text
 * becomes text on the page; a PDF opens in the browser's own viewer, in a tab without a way back. */
import type { Attachment } from 'fhir/r4';
import { ask } from '../fhir/client';
import { Failure } from '../fhir/failure';

export type ContentKind = 'pdf' | 'text' | 'image' | 'file';
export type Content = { kind: 'text'; text: string } | { kind: 'pdf' | 'image' | 'file'; url: string; fileName: string };

const imageTypes = ['image/png', 'image/jpeg', 'image/gif', 'image/webp'];

function typeOf(attachment: Attachment): string {
  return (attachment.contentType ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
}

export function kindOf(attachment: Attachment): ContentKind {
  const type = typeOf(attachment);
  if (type === 'application/pdf') return 'pdf';
  if (type === 'text/plain') return 'text';
  return imageTypes.includes(type) ? 'image' : 'file';
}

export function hasContent(attachment: Attachment | undefined): attachment is Attachment {
  return Boolean(attachment?.data ?? attachment?.url);
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const raw = atob(base64.replace(/\s/g, ''));
  const bytes = new Uint8Array(raw.length);
  for (let at = 0; at < raw.length; at++) bytes[at] = raw.charCodeAt(at);
  return bytes;
}

/* Only addresses of the record itself are followed. */
async function fetched(url: string, type: string, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  const whole = new URL(url, `${window.location.origin}/fhir/`);
  if (whole.origin !== window.location.origin || !whole.pathname.startsWith('/fhir/')) throw new Failure('notFound');
  const response = await ask(whole.pathname.slice('/fhir/'.length), type || '*/*', signal);
  if (/json/.test(response.headers.get('Content-Type') ?? '') && !/json/.test(type)) {
    const binary = (await response.json()) as { data?: string };
    return bytesOf(binary.data ?? '');
  }
  return new Uint8Array(await response.arrayBuffer());
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  return [...text].every((letter, at) => bytes[at] === letter.charCodeAt(0));
}

export async function readContent(attachment: Attachment, name: string, signal: AbortSignal): Promise<Content> {
  const type = typeOf(attachment);
  const bytes = attachment.data ? bytesOf(attachment.data) : await fetched(attachment.url ?? '', type, signal);
  const kind = kindOf(attachment);
  if (kind === 'text') return { kind, text: new TextDecoder('utf-8').decode(bytes) };
  const safe = (kind === 'pdf' && startsWith(bytes, '%PDF-')) || kind === 'image';
  const blob = new Blob([bytes], { type: safe ? type : 'application/octet-stream' });
  return { kind: safe ? kind : 'file', url: URL.createObjectURL(blob), fileName: fileName(name, kind) };
}

function fileName(name: string, kind: ContentKind): string {
  const clean = name.replace(/[^\p{L}\p{N} ._-]+/gu, ' ').trim() || 'document';
  return kind === 'pdf' && !/\.pdf$/i.test(clean) ? `${clean}.pdf` : clean;
}
