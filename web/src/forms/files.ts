/* Files that answer a question. They stay in memory until the form is handed in: a draft is text,
 * and says only which file it was. */
import type { Attachment } from 'fhir/r4';
import { firstFault, typeOfFile } from '../chart/sending';

export const fileBytesMax = 2 << 20;
const shrinkAbove = 500_000;
const sidePxMax = 1800;

const files = new Map<string, Attachment>();

export const fileOf = (key: string): Attachment | null => files.get(key) ?? null;
export const fileNameIn = (key: string) => key.slice(key.indexOf(' ') + 1);
export const forgetFiles = () => files.clear();

export function keepFile(attachment: Attachment): string {
  const key = `${crypto.randomUUID()} ${attachment.title ?? ''}`;
  files.set(key, attachment);
  return key;
}

/* A photograph of a telephone has more pixels than anybody reads. */
async function shrunk(file: File): Promise<Blob> {
  if (file.size <= shrinkAbove || !/^image\/(jpeg|png|webp)$/.test(file.type)) return file;
  try {
    const image = await createImageBitmap(file);
    const scale = Math.min(1, sidePxMax / Math.max(image.width, image.height));
    const canvas = document.createElement('canvas');
    canvas.width = Math.round(image.width * scale);
    canvas.height = Math.round(image.height * scale);
    canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
    const small = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/jpeg', 0.85));
    return small && small.size < file.size ? small : file;
  } catch {
    return file;
  }
}

async function base64Of(blob: Blob): Promise<string> {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  let raw = '';
  for (let at = 0; at < bytes.length; at += 0x8000) raw += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(raw);
}

export type FileFault = 'fileLarge' | 'fileEmpty' | 'fileType';

/* Its key; or why it is none. types: those that the question takes, or none: all. */
export async function takeFile(file: File, types: string[], bytesMax: number): Promise<{ key: string } | { fault: FileFault }> {
  const type = typeOfFile(file);
  if (file.size === 0) return { fault: 'fileEmpty' };
  if (firstFault(file) === 'refusedType' || (types.length > 0 && !types.some((each) => each === type || (each.endsWith('/*') && type.startsWith(each.slice(0, -1)))))) return { fault: 'fileType' };
  const blob = await shrunk(file);
  if (blob.size > bytesMax) return { fault: 'fileLarge' };
  return { key: keepFile({ contentType: blob === file ? type : 'image/jpeg', title: file.name, size: blob.size, data: await base64Of(blob) }) };
}
