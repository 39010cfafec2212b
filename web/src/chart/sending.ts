/* Documents that are on their way: the description first, then the file, then the two are joined.
 * What fails is tried again from where it stopped; what is stopped leaves nothing behind. */
import type { CodeableConcept, DiagnosticReport, DocumentReference, Reference } from 'fhir/r4';
import { create, patch, remove, searchChart } from '../fhir/client';
import { refresh, useQuery, type Query } from '../fhir/query';
import { wordsOf } from '../fhir/read';
import { readCodes } from '../fhir/valueSet';
import { bytesMax, sendFile, uploadFaultOf, type UploadFault } from '../fhir/upload';

export const documentKinds = ['letter', 'result', 'discharge', 'photo', 'consent', 'insurance', 'other'] as const;
export type DocumentKind = (typeof documentKinds)[number];

/* Kinds without a code are classed as notes, which those who care may write. */
const codes: Partial<Record<DocumentKind, string>> = { letter: '11488-4', discharge: '18842-5', consent: '59284-0', insurance: '64290-0' };

export interface Sending {
  key: number;
  file: File;
  title: string;
  sent: number;
  state: 'going' | 'done' | 'failed';
  fault: UploadFault | null;
}

export interface Wanted {
  file: File;
  title: string;
  kind: DocumentKind;
  kindText: string;
  date: string;
  patientId: string;
  author: Reference | null;
  /* Of a result: which examination it is about. */
  event: CodeableConcept | null;
}

const examinations = 'urn:aceso:examinations';

/* What an examination may be called here: a value set that the site keeps for it, and what the reports
 * of this patient were. The record brings no list of its own. */
export const useExaminations = (patientId: string, on: boolean): Query<CodeableConcept[]> =>
  useQuery(`${patientId} examinations ${on}`, async (signal) => {
    if (!on) return [];
    const [kept, reports, documents] = await Promise.all([
      readCodes(examinations, signal).catch(() => []),
      searchChart<DiagnosticReport>(patientId, 'DiagnosticReport', '_count=200', signal).catch(() => null),
      searchChart<DocumentReference>(patientId, 'DocumentReference', '_count=200', signal).catch(() => null),
    ]);
    const listed = kept.map((each): CodeableConcept => ({ coding: [each], text: each.display ?? '' }));
    const before = [...(reports?.items ?? []).map((each) => each.code), ...(documents?.items ?? []).flatMap((each) => each.context?.event ?? [])].filter((each) => each.coding?.some((one) => one.code));
    return [...new Map([...listed, ...before].map((each) => [wordsOf(each) ?? '', each])).entries()].filter(([words]) => words !== '').sort(([a], [b]) => a.localeCompare(b)).map(([, each]) => each);
  });

const byEnding: Record<string, string> = { pdf: 'application/pdf', png: 'image/png', jpg: 'image/jpeg', jpeg: 'image/jpeg', webp: 'image/webp', gif: 'image/gif', txt: 'text/plain', tif: 'image/tiff', tiff: 'image/tiff', heic: 'image/heic', docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document' };

export function typeOfFile(file: File): string {
  const known = file.type.split(';')[0]?.trim() ?? '';
  return known || (byEnding[file.name.split('.').at(-1)?.toLowerCase() ?? ''] ?? 'application/octet-stream');
}

/* Known before anything is sent. */
export function firstFault(file: File): UploadFault | null {
  if (file.size > bytesMax) return 'tooLarge';
  if (file.size === 0) return 'empty';
  return /^(text\/html|image\/svg|application\/(x-)?(javascript|msdownload|x-sh))/.test(typeOfFile(file)) ? 'refusedType' : null;
}

function described({ file, title, kind, kindText, date, patientId, author, event }: Wanted): DocumentReference {
  const code = codes[kind];
  return {
    resourceType: 'DocumentReference',
    status: 'current',
    docStatus: 'preliminary',
    type: { ...(code ? { coding: [{ system: 'http://loinc.org', code }] } : {}), text: kindText },
    subject: { reference: `Patient/${patientId}` },
    date: `${date}T12:00:00Z`,
    description: title,
    ...(author ? { author: [author] } : {}),
    ...(event ? { context: { event: [event] } } : {}),
    content: [{ attachment: { contentType: typeOfFile(file), title } }],
  };
}

/* What another try would not change. */
export const neverGoes: UploadFault[] = ['tooLarge', 'empty', 'refusedType', 'mayNot'];

/* One way up; begun again it goes on where it stopped. */
export class Upload {
  private readonly wanted: Wanted;
  private readonly tell: (change: Partial<Sending>) => void;
  private document: string | null = null;
  private binary: string | null = null;
  private control: AbortController | null = null;

  constructor(wanted: Wanted, tell: (change: Partial<Sending>) => void) {
    this.wanted = wanted;
    this.tell = tell;
  }

  async run(): Promise<void> {
    const control = new AbortController();
    this.control = control;
    const { file, patientId } = this.wanted;
    this.tell({ state: 'going', fault: null, sent: 0 });
    try {
      this.document ??= (await create(described(this.wanted)))?.id ?? null;
      if (control.signal.aborted) {
        await this.takeAway();
        return;
      }
      const path = `DocumentReference/${this.document}`;
      this.binary ??= await sendFile(file, typeOfFile(file), path, (sent) => this.tell({ sent: Math.min(sent, file.size) }), control.signal);
      await patch(path, [
        { op: 'add', path: '/content/0/attachment/url', value: this.binary },
        { op: 'replace', path: '/docStatus', value: 'final' },
      ]);
      this.tell({ state: 'done', sent: file.size });
      refresh((key) => key.startsWith(`${patientId} DocumentReference?`));
    } catch (error) {
      const fault = uploadFaultOf(error);
      if (fault === 'aborted') return;
      if (neverGoes.includes(fault)) await this.takeAway();
      this.tell({ state: 'failed', fault });
    }
  }

  /* What was begun is taken away again. */
  async cancel(): Promise<void> {
    this.control?.abort();
    await this.takeAway();
  }

  private async takeAway(): Promise<void> {
    const gone = this.document;
    this.document = null;
    this.binary = null;
    if (gone) await remove(`DocumentReference/${gone}`).catch(() => null);
  }
}
