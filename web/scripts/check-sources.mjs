/* Rules of the source tree that a compiler does not know. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const rules = [
  { pattern: /@mantine\//, except: /^src\/ui\//, why: 'Mantine stays behind src/ui' },
  { pattern: /from 'uplot/, except: /^src\/plot\//, why: 'uPlot stays in src/plot' },
  { pattern: /\bfetch\(/, except: /^src\/(fhir\/client|app\/session|programs\/api)\.ts$/, why: 'requests leave from three files only' },
  { pattern: /new EventSource|new WebSocket/, except: /^src\/fhir\/live\.ts$/, why: 'one file keeps a line to the server open' },
  { pattern: /XMLHttpRequest/, except: /^src\/fhir\/upload\.ts$/, why: 'only files on their way up need to say how far they are' },
  { pattern: /dangerouslySetInnerHTML|\.innerHTML|document\.write|\beval\(|new Function/, why: 'no markup or code from data' },
  { pattern: /<style[ >]|<script|createElement\('style'\)/, except: /^index\.html$/, why: 'the policy allows no inline style or script' },
  { pattern: /sessionStorage|indexedDB/, except: /^src\/app\/session\.ts$/, why: 'nothing about a patient is kept on the computer' },
  { pattern: /\bt\.(manage|glass)\b/, except: /^src\/(admin|glass|i18n)\//, why: 'these messages are there behind the sign-in alone' },
  { pattern: /localStorage/, except: /^src\/i18n\/index\.tsx$/, why: 'only the language is kept on the computer' },
  { pattern: /https?:\/\/(?!(www\.w3\.org|loinc\.org|terminology\.hl7\.org\/CodeSystem|www\.ehealth\.fgov\.be\/standards))/, why: 'nothing is fetched from elsewhere' },
];

function files(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((each) => {
    const path = join(folder, each.name);
    return each.isDirectory() ? files(path) : [path];
  });
}

const faults = [];
for (const path of [...files(join(root, 'src')), join(root, 'index.html')]) {
  const name = relative(root, path);
  readFileSync(path, 'utf8')
    .split('\n')
    .forEach((line, at) => {
      for (const { pattern, except, why } of rules)
        if (pattern.test(line) && !except?.test(name)) faults.push(`${name}:${at + 1}: ${why}`);
    });
}

const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
if (/"resolved"/.test(lock)) faults.push('package-lock.json: has download addresses');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }))
  if (!/^\d+\.\d+\.\d+$/.test(version)) faults.push(`package.json: ${name} is not pinned`);

for (const fault of faults) console.error(fault);
if (faults.length > 0) process.exit(1);
console.log('sources: rules hold');
