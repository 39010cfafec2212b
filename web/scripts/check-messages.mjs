/* The catalogues: every message in all four languages (the compiler sees that too), none empty,
 * every one used, the same placeholders, and no word on screen that belongs to the interface
 * behind it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

const source = fileURLToPath(new URL('../src/', import.meta.url));
const names = ['fr', 'nl', 'de', 'en'];
const forbidden =
  /\b(FHIR|resource|ressource|bundle|encounter|observation|condition|PractitionerRole|MedicationRequest|AllergyIntolerance|DocumentReference|immunization|LOINC|UCUM|SNOMED|coding|payload|token|cookie)\b/i;

function flatten(messages, path = '') {
  return Object.entries(messages).flatMap(([key, value]) =>
    typeof value === 'object' ? flatten(value, `${path}${key}.`) : [[`${path}${key}`, value]],
  );
}

/* A message with places is tried with counts that need both plural forms. */
function spoken(message) {
  if (typeof message === 'string') return [message];
  return [
    ['«a»', '«b»', '«c»'],
    [1, '«b»', '«c»'],
    [7, '«b»', '«c»'],
  ].map((values) => message(...values));
}

const catalogues = {};
for (const name of names) {
  const { module } = await runnerImport(join(source, 'i18n', `${name}.ts`), { logLevel: 'error' });
  const { module: inside } = await runnerImport(join(source, 'i18n', 'more', `more.${name}.ts`), { logLevel: 'error' });
  catalogues[name] = new Map(flatten({ ...module[name], ...inside.more }));
}

const faults = [];
const reference = catalogues.fr;
for (const name of names) {
  const catalogue = catalogues[name];
  for (const key of reference.keys()) if (!catalogue.has(key)) faults.push(`${name}: ${key} is missing`);
  for (const [key, message] of catalogue) {
    if (!reference.has(key)) faults.push(`${name}: ${key} is not in the French catalogue`);
    for (const text of spoken(message)) {
      if (text.trim() === '') faults.push(`${name}: ${key} is empty`);
      if (forbidden.test(text)) faults.push(`${name}: ${key} says "${text}"`);
    }
    if (typeof message === 'function') {
      const marks = (text) => (text.match(/«\w»/g) ?? []).sort().join();
      if (marks(spoken(message)[0]) !== marks(spoken(reference.get(key))[0])) faults.push(`${name}: ${key} has other places than the French one`);
    }
  }
}

function sourceText(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .map((each) => {
      const path = join(folder, each.name);
      if (each.isDirectory()) return each.name === 'i18n' ? '' : sourceText(path);
      return /\.tsx?$/.test(each.name) ? readFileSync(path, 'utf8') : '';
    })
    .join('\n');
}

/* Messages that are chosen by a key in the data, as in t.person[...]. */
const chosen = ['roles.', 'vitals.', 'timeline.', 'results.', 'documents.', 'chart.', 'failures.', 'programs.kinds.', 'places.', 'steps.', 'today.mark.', 'inbox.', 'prescribe.lacks.', 'admin.', 'door.', 'calendar.scopes.', 'consult.parts.', 'feed.says.', 'plain.parts.', 'manage.', 'glass.'];
/* Messages whose key is a word of the server. */
const served = [
  'admin.classes.', 'admin.views.', 'forms.faults.', 'manage.log.things.', 'prescribe.lacks.', 'programs.conditionNames.',
  'programs.conditions.', 'sending.faults.', 'sending.kinds.', 'twins.fields.', 'twins.grades.', 'twins.how.',
  'twins.kinds.',
];
const text = sourceText(source);
for (const key of reference.keys()) {
  const last = key.split('.').at(-1);
  if (served.some((each) => key.startsWith(each))) continue;
  const byKey = chosen.some((each) => key.startsWith(each)) && new RegExp(`\\b${last}\\b`).test(text);
  if (!byKey && !new RegExp(`\\.${last}\\b`).test(text)) faults.push(`fr: ${key} is not used`);
}

for (const fault of faults) console.error(fault);
if (faults.length > 0) process.exit(1);
console.log(`messages: ${reference.size} in each of ${names.join(' ')}`);
