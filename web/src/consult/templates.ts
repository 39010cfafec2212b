/* Notes that are begun already: some texts for the parts of a note, kept under a word. They are
 * stored as a note without a patient (docs/guide/consultation.md). A heading that is none of the
 * four parts goes to the part before it, with its heading. */
import type { Composition, FhirResource } from 'fhir/r4';
import { act, told } from '../fhir/client';
import { noteType, partCoding, partOf, parts, plainText, sectionDiv, type NoteText, type Part } from './note';

export interface TemplatePart {
  part: Part | null;
  title: string;
  text: string;
}

export function templateParts(data: string): TemplatePart[] {
  try {
    const note = JSON.parse(data) as Composition;
    return (note.section ?? []).map((each) => ({ part: partOf(each), title: each.title ?? '', text: plainText(each.text?.div) }));
  } catch {
    return [];
  }
}

export function templateText(word: string, all: TemplatePart[], titles: Record<Part, string>): string {
  const note: Omit<Composition, 'date' | 'author'> = {
    resourceType: 'Composition',
    status: 'preliminary',
    type: noteType,
    title: word,
    section: all
      .filter((each) => each.text.trim() !== '')
      .map((each) => ({
        title: each.part ? titles[each.part] : each.title.trim(),
        ...(each.part ? { code: { coding: [partCoding(each.part)] } } : {}),
        text: { status: 'generated', div: sectionDiv(each.text.trim()) },
      })),
  };
  return JSON.stringify(note);
}

/* What each part of a note gets. */
export function templateNote(all: TemplatePart[]): Partial<NoteText> {
  const note: Partial<NoteText> = {};
  let here: Part = parts[0];
  for (const each of all) {
    here = each.part ?? here;
    const text = each.part || each.title === '' ? each.text : `${each.title}\n${each.text}`;
    note[here] = [note[here], text].filter(Boolean).join('\n\n');
  }
  return note;
}

/* With the patient's facts in their places; as it is written when they cannot be had. */
export async function filledNote(note: Partial<NoteText>, patientId: string, language: string): Promise<Partial<NoteText>> {
  const fill = async (text: string) => {
    if (!text.includes('{')) return text;
    const answer = await act<FhirResource>('Library/$fill', { text, patient: `Patient/${patientId}`, language }).catch(() => null);
    return told(answer, 'text') || text;
  };
  const all = await Promise.all(parts.map(async (part) => [part, await fill(note[part] ?? '')] as const));
  return Object.fromEntries(all.filter(([, text]) => text !== ''));
}
