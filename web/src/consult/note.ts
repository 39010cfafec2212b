/* A consultation note: four parts of plain text, and how the record keeps them. */
import type { CodeableConcept, Coding, Composition, CompositionSection } from 'fhir/r4';
import { act, readJson, searchChart } from '../fhir/client';
import { Failure } from '../fhir/failure';
import { refresh, useQuery, type Query } from '../fhir/query';
import type { Session } from '../app/session';

export const parts = ['story', 'exam', 'assessment', 'plan'] as const;
export type Part = (typeof parts)[number];
export type NoteText = Record<Part, string>;

export const emptyNote: NoteText = { story: '', exam: '', assessment: '', plan: '' };

/* LOINC: subjective, objective, assessment and plan narratives; the note itself. */
const codes: Record<Part, string> = { story: '61150-9', exam: '61149-1', assessment: '51848-0', plan: '18776-5' };
const noteCode = '11506-3';
const loinc = 'http://loinc.org';

export const noteType: CodeableConcept = { coding: [{ system: loinc, code: noteCode }] };
export const partCoding = (part: Part): Coding => ({ system: loinc, code: codes[part] });
export const partOf = (section: CompositionSection): Part | null => parts.find((each) => section.code?.coding?.some((one) => one.code === codes[each])) ?? null;

export function parseNote(text: string): NoteText {
  try {
    return { ...emptyNote, ...(JSON.parse(text) as Partial<NoteText>) };
  } catch {
    return emptyNote;
  }
}

export const isEmpty = (note: NoteText) => parts.every((part) => note[part].trim() === '');

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

export function sectionDiv(text: string): string {
  const safe = text.replace(/[&<>"]/g, (sign) => escapes[sign] ?? sign).replace(/\n/g, '<br/>');
  return `<div xmlns="http://www.w3.org/1999/xhtml">${safe}</div>`;
}

/* The words of a narrative; its markup is never shown. */
export function plainText(div: string | undefined): string {
  if (!div) return '';
  const lines = div.replace(/<br\s*\/?>/gi, '\n').replace(/<\/(p|li|div|tr|h\d)>/gi, '\n');
  return (new DOMParser().parseFromString(lines, 'text/html').body.textContent ?? '').trim();
}

/* uuid: by which the server knows the note again, when it is sent once more. */
export function compositionOf(note: NoteText, uuid: string, patientId: string, session: Session, titles: Record<Part, string>, title: string): Composition {
  return {
    resourceType: 'Composition',
    identifier: { system: 'urn:ietf:rfc:3986', value: `urn:uuid:${uuid}` },
    status: 'preliminary',
    type: { ...noteType, text: title },
    subject: { reference: `Patient/${patientId}` },
    date: new Date().toISOString(),
    author: [{ reference: session.reference ?? '', display: session.display }],
    title,
    section: parts
      .filter((part) => note[part].trim() !== '')
      .map((part) => ({
        title: titles[part],
        code: { coding: [partCoding(part)] },
        text: { status: 'generated', div: sectionDiv(note[part].trim()) },
      })),
  };
}

export interface ShownPart {
  title: string;
  text: string;
}

export function shownParts(composition: Composition): ShownPart[] {
  const flat = (sections: CompositionSection[]): CompositionSection[] => sections.flatMap((each) => [each, ...flat(each.section ?? [])]);
  return flat(composition.section ?? [])
    .map((each) => ({ title: each.title ?? '', text: plainText(each.text?.div) }))
    .filter((each) => each.text !== '');
}

/* The note that this one was added to later. */
export const appendsTo = (composition: Composition) =>
  composition.relatesTo?.find((each) => each.code === 'appends')?.targetReference?.reference?.replace('Composition/', '') ?? null;

export const isSigned = (composition: Composition) => composition.status === 'final' || composition.status === 'amended';

const notesKey = (patientId: string) => `${patientId} notes`;

export function useNotes(patientId: string): Query<Composition[]> {
  return useQuery(notesKey(patientId), async (signal) => {
    const page = await searchChart<Composition>(patientId, 'Composition', '_sort=-date&_count=100', signal);
    return page.items.filter((each) => each.status !== 'entered-in-error');
  });
}

export function useNote(patientId: string, noteId: string): Query<Composition> {
  return useQuery(`${patientId} note ${noteId}`, async (signal) => {
    const note = await readJson<Composition>(`Composition/${noteId}`, signal);
    if (note.subject?.reference !== `Patient/${patientId}`) throw new Failure('mixedUp');
    return note;
  });
}

export const notesChanged = (patientId: string) => refresh((key) => key.startsWith(`${patientId} note`));

/* Written and locked in one commit: of what was not signed there is nothing but the draft. */
export async function signNote(composition: Composition): Promise<string> {
  const signed = await act<Composition>('Composition/$sign', { resource: composition });
  if (!signed?.id) throw new Failure('server');
  return signed.id;
}

export async function addToNote(noteId: string, title: string, text: string): Promise<void> {
  await act(`Composition/${noteId}/$addendum`, { title, text });
}
