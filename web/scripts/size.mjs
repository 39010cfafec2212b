/* What the first screen of a signed-in user costs on the wire: everything except the chunks that
 * are loaded later. Fails above the budget in UX.md. */
import { readFileSync, readdirSync } from 'node:fs';
import { brotliCompressSync, constants } from 'node:zlib';

const budgetKb = 220;
const folder = new URL('../dist/', import.meta.url);
const brotli = (bytes) =>
  brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length;

let all = 0;
for (const name of ['index.html', ...readdirSync(new URL('assets/', folder)).map((each) => `assets/${each}`)]) {
  const bytes = readFileSync(new URL(name, folder));
  const small = brotli(bytes);
  all += small;
  console.log(`${(bytes.length / 1000).toFixed(1).padStart(8)} kB ${(small / 1000).toFixed(1).padStart(7)} kB brotli  ${name}`);
}
console.log(`staff app, everything, all four languages: ${(all / 1000).toFixed(1)} kB brotli (at most ${budgetKb})`);
if (all > budgetKb * 1000) process.exit(1);
