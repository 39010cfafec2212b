/* What the first screens cost on the wire, from an empty cache: a page's own chunks with all that
 * they import, the style sheets, and the largest of the languages. Fails above the budgets in
 * UX.md. What is loaded later, by a press, is listed and not counted. */
import { readFileSync, readdirSync } from 'node:fs';
import { brotliCompressSync, constants } from 'node:zlib';

const budgets = [
  { name: 'staff shell, Today', pages: ['Inside'], languages: ['', 'more.'], kb: 220 },
  { name: 'patient entry, free times', pages: ['BookPage'], languages: [''], kb: 130 },
];
const folder = new URL('../dist/', import.meta.url);
const brotli = (bytes) =>
  brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length;

const files = new Map();
for (const name of ['index.html', ...readdirSync(new URL('assets/', folder)).map((each) => `assets/${each}`)]) {
  const bytes = readFileSync(new URL(name, folder));
  files.set(name, { bytes, small: brotli(bytes) });
  console.log(`${(bytes.length / 1000).toFixed(1).padStart(8)} kB ${(files.get(name).small / 1000).toFixed(1).padStart(7)} kB brotli  ${name}`);
}

/* Names of other files in a file; in a script only what it imports at once. */
function follows(name) {
  const text = files.get(name).bytes.toString('utf8');
  if (name.endsWith('.html')) return [...text.matchAll(/assets\/[\w.-]+/g)].map((each) => each[0]);
  if (!name.endsWith('.js')) return [];
  return [...text.matchAll(/(?:from|import)\s*["'`]\.\/([\w.-]+)["'`]/g)].map((each) => `assets/${each[1]}`);
}

function reach(name, seen) {
  if (!files.has(name) || seen.has(name)) return seen;
  seen.add(name);
  for (const next of follows(name)) reach(next, seen);
  return seen;
}

const called = (page) => [...files.keys()].filter((each) => new RegExp(`^assets/${page.replace(".", "\\.")}-.*\\.(js|css)$`).test(each));
const largest = (kind) => Math.max(...['fr', 'nl', 'de', 'en'].flatMap((each) => called(kind + each)).map((each) => files.get(each).small));
let failed = false;
for (const { name, pages, languages, kb } of budgets) {
  const seen = reach('index.html', new Set());
  for (const each of pages.flatMap(called)) reach(each, seen);
  const words = languages.reduce((all, kind) => all + largest(kind), 0);
  const sum = [...seen].reduce((all, each) => all + files.get(each).small, words) / 1000;
  console.log(`${name}: ${sum.toFixed(1)} kB brotli (at most ${kb})`);
  failed ||= sum > kb || !pages.every((page) => called(page).length > 0);
}
if (failed) process.exit(1);
