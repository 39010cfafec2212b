/* A small server with the app's own policy and a few made-up people, for the tests of states. It
 * knows just the questions that the app asks and answers 400 to any other. It is no model of a
 * real server and is never shipped. */
import { createServer } from 'node:http';
import { existsSync, readFileSync } from 'node:fs';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { askClinic, makeClinic, rowsOf } from './clinic.mjs';
import { askGlass, hides, makeGlass } from './glass.mjs';
import { patients, record } from './patients.mjs';

export const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const dist = fileURLToPath(new URL('../../../web/dist/', import.meta.url));
const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };
const account = { user: 'anne', display: 'Dr Anne Lecomte', role: 'gp', reference: 'Practitioner/d1', language: 'fr' };
const password = 'une phrase assez longue';

/* Every server of a test has its own sessions and its own count of wrong passwords. */
export function startServer({ role = 'gp', reference = 'Practitioner/d1', people } = {}) {
  const world = { open: new Set(), locked: new Set(), wrong: 0, next: 1, asked: [], role, reference, clinic: makeClinic(people), glass: makeGlass() };
  const server = createServer((request, response) => {
    const url = new URL(request.url, 'http://127.0.0.1');
    handle(world, request, response, url).catch(() => send(response, 500, {}));
  });
  return new Promise((resolve) => {
    server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => {
      resolve({ url: `http://127.0.0.1:${server.address().port}`, world, close: () => server.close() });
    });
  });
}

function send(response, status, body, headers = {}) {
  response.writeHead(status, { 'Content-Type': 'application/fhir+json', 'Cache-Control': 'no-store', ...headers });
  response.end(body === null ? undefined : JSON.stringify(body));
}

async function bodyOf(request) {
  let text = '';
  for await (const piece of request) text += piece;
  return text;
}

function sessionOf(request) {
  return /__Host-aceso=(\w+)/.exec(request.headers.cookie ?? '')?.[1];
}

async function handle(world, request, response, url) {
  if (url.pathname === '/auth/sign-in') return signIn(world, request, response);
  if (url.pathname === '/live') return live(response);
  if (url.pathname === '/fhir/Slot/$find') return send(response, ...askClinic(world.clinic, 'GET', 'Slot/$find', url.searchParams));
  if (url.pathname.startsWith('/auth/') || url.pathname.startsWith('/fhir/')) {
    const session = sessionOf(request);
    if (url.pathname === '/auth/step-up/ask' && world.locked.has(session)) return send(response, 200, { ticket: 't1', factors: ['password'] });
    if (url.pathname === '/auth/unlock' && world.locked.has(session)) return unlock(world, request, response, session);
    if (!world.open.has(session)) return send(response, 401, outcome('login'));
    if (url.pathname === '/auth/step-up/ask') return send(response, 200, { ticket: 't2', factors: ['totp', 'recovery'] });
    if (url.pathname === '/auth/step-up') return stepUp(world, request, response);
    if (url.pathname === '/auth/lock') {
      world.open.delete(session);
      world.locked.add(session);
      return send(response, 204, null);
    }
    if (url.pathname === '/auth/session') return send(response, 200, told(world));
    if (url.pathname === '/auth/sign-out') {
      world.open.delete(session);
      return send(response, 204, null);
    }
    world.asked.push(url.pathname + url.search);
    return fhir(world, request, response, url);
  }
  return file(response, url.pathname);
}

const told = ({ role, reference }) => ({ ...account, role, reference, linkMonths: { 'own-gp': 15, 'own-pharmacist': 15, contact: 3, emergency: 1 }, ...(['gp', 'physio', 'nurse', 'psychologist', 'pharmacist'].includes(role) ? { breaksGlass: true } : {}), expires: new Date(Date.now() + 12 * 3_600_000).toISOString() });
const outcome = (code) => ({ resourceType: 'OperationOutcome', issue: [{ severity: 'error', code }] });

async function signIn(world, request, response) {
  const given = JSON.parse(await bodyOf(request));
  if (world.wrong >= 5) return send(response, 429, outcome('throttled'), { 'Retry-After': '125' });
  if (given.user !== account.user || given.password !== password) {
    world.wrong++;
    return send(response, 401, outcome('login'));
  }
  world.wrong = 0;
  const session = `s${world.next++}`;
  world.open.add(session);
  return send(response, 200, told(world), { 'Set-Cookie': `__Host-aceso=${session}; Path=/; Secure; HttpOnly; SameSite=Strict` });
}

/* The same session under another name. */
async function unlock(world, request, response, session) {
  const given = JSON.parse(await bodyOf(request));
  if (given.password !== password) return send(response, 401, outcome('login'));
  world.locked.delete(session);
  world.open.add(`${session}u`);
  return send(response, 200, told(world), { 'Set-Cookie': `__Host-aceso=${session}u; Path=/; Secure; HttpOnly; SameSite=Strict` });
}

async function stepUp(world, request, response) {
  const given = JSON.parse(await bodyOf(request));
  if (given.code !== '123456') return send(response, 401, outcome('login'));
  world.glass.proven = true;
  return send(response, 200, told(world));
}

const dateOf = (each) =>
  each.effectiveDateTime ?? each.occurrenceDateTime ?? each.authoredOn ?? each.period?.start ?? each.start ?? each.date ?? each.onsetDateTime ?? '';
const plain = (text) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();

/* Good enough for the few names here: consonants, without the last d or t. */
const sound = (word) => plain(word).replace(/[aeiouyh]/g, '').replace(/ph/g, 'f').replace(/[dt]$/, '');

/* Good enough for numbers of Belgium. */
const dialled = (text) => (/^\+/.test(text) ? '' : '32') + text.replace(/\(0\)/, '').replace(/\D/g, '').replace(/^0/, '');

function matchesPatient(patient, query) {
  const names = patient.name.flatMap((name) => [name.family, ...name.given]);
  const each = (key, holds) => query.getAll(key).every((values) => values.split(',').some(holds));
  return (
    each('_id', (id) => patient.id === id) &&
    each('name', (part) => names.some((name) => plain(name).startsWith(plain(part)))) &&
    each('phonetic', (words) => words.split(' ').every((word) => names.some((name) => name.split(' ').some((one) => sound(one) === sound(word))))) &&
    each('birthdate', (date) => patient.birthDate.startsWith(date)) &&
    each('identifier', (value) => patient.identifier.some((one) => one.value === value)) &&
    each('telephone', (value) => patient.telecom.some((one) => dialled(one.value).startsWith(dialled(value))))
  );
}

function matchesRecord(each, query) {
  const about = [each.subject, each.patient, ...(each.participant ?? []).map((one) => one.actor)].map((one) => one?.reference);
  const category = query.get('category');
  const status = query.get('status');
  const from = query.get('date');
  return (
    about.includes(`Patient/${query.get('patient')}`) &&
    (!category || each.category?.some((one) => one.coding.some((coding) => coding.code === category))) &&
    (!status || each.status === status) &&
    (!from || dateOf(each) >= from.replace('ge', ''))
  );
}

/* The hours of a day: one date from which, one until. */
function matchesDay(each, query) {
  const [from = '', until = '~'] = query.getAll('date').map((one) => one.slice(2));
  const actor = query.get('actor');
  const status = query.get('status');
  return (
    (!each.start || (each.start >= from && each.start < until)) &&
    (!actor || each.participant.some((one) => one.actor.reference === actor)) &&
    (!status || each.status === status)
  );
}

function bundle(resources, url) {
  const count = Number(url.searchParams.get('_count') ?? 50);
  const from = Number(url.searchParams.get('cursor') ?? 0);
  const link = [];
  if (from + count < resources.length) {
    const next = new URLSearchParams(url.searchParams);
    next.set('cursor', String(from + count));
    link.push({ relation: 'next', url: `${url.origin}${url.pathname}?${next}` });
  }
  return {
    resourceType: 'Bundle',
    type: 'searchset',
    link,
    entry: resources.slice(from, from + count).map((resource) => ({ resource, search: { mode: 'match' } })),
  };
}

/* A line that stays open and says nothing. */
function live(response) {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
  response.write(': here\n\n');
}

async function fhir(world, request, response, url) {
  const text = request.method === 'GET' ? '' : await bodyOf(request);
  const parts = url.pathname.slice('/fhir/'.length);
  const body = text && request.headers['content-type'].includes('json') ? JSON.parse(text) : null;
  const answered = askGlass(world, request.method, parts, url.searchParams, body);
  if (answered) return send(response, ...answered);
  const answer = askClinic(world.clinic, request.method, url.pathname.slice('/fhir/'.length), url.searchParams, text ? JSON.parse(text) : null);
  if (answer) return send(response, ...answer);
  const [type, id] = url.pathname.slice('/fhir/'.length).split('/');
  if (type === 'Patient' && id) {
    const patient = patients.find((each) => each.id === id && !hides(world, id));
    return patient ? send(response, 200, patient) : send(response, 404, outcome('not-found'));
  }
  if (id) return send(response, 400, outcome('not-supported'));
  if (type === 'Patient') {
    const found = patients.filter((each) => !hides(world, each.id) && matchesPatient(each, url.searchParams));
    return send(response, 200, bundle(found, url));
  }
  if (!url.searchParams.has('patient')) return send(response, 200, bundle(rowsOf(world.clinic, type).filter((each) => matchesDay(each, url.searchParams)), url));
  /* The visits of the made-up day are no part of a chart. */
  const own = type === 'Appointment' ? [] : rowsOf(world.clinic, type);
  const found = [...record, ...own].filter((each) => each.resourceType === type && matchesRecord(each, url.searchParams)).sort((a, b) => dateOf(b).localeCompare(dateOf(a)));
  return send(response, 200, bundle(found, url));
}

function file(response, path) {
  const wanted = join(dist, normalize(path));
  const found = extname(path) && wanted.startsWith(dist) && existsSync(wanted) ? wanted : join(dist, 'index.html');
  response.writeHead(200, {
    'Content-Type': types[extname(found)] ?? 'application/octet-stream',
    'Content-Security-Policy': policy,
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
  });
  response.end(readFileSync(found));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { url } = await startServer();
  console.log(`${url}  ${account.user} / ${password}`);
}
