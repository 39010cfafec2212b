/* Somebody whom nobody here cares for yet, the links that open her record, the glass that was broken,
 * and what an auditor looks over. Each server has its own. */
import { patients } from './patients.mjs';

const hidden = 'p7';
const hour = 3_600_000;
const entries = (resources) => ({ resourceType: 'Bundle', type: 'searchset', entry: resources.map((resource) => ({ resource })) });
const outcome = (code) => ({ resourceType: 'OperationOutcome', issue: [{ severity: 'error', code }] });
const plain = (text) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();

/* glassMs: how long a broken one holds. */
export function makeGlass() {
  return { teams: [], tasks: [], proven: false, glassMs: 4 * hour, next: 1 };
}

const holds = (team) => team.status === 'active' && (!team.period.end || Date.parse(team.period.end) > Date.now());

export const hides = ({ glass, role }, id) => id === hidden && role !== 'auditor' && !glass.teams.some((each) => each.subject.reference === `Patient/${id}` && holds(each));

const value = (body, name) => body.parameter?.find((each) => each.name === name)?.valueString ?? '';

function named(body) {
  const [, number] = value(body, 'identifier').split('|');
  const found = patients.filter((each) =>
    number
      ? each.identifier.some((one) => one.value === number)
      : plain(each.name[0].family) === plain(value(body, 'family')) && each.name[0].given.some((one) => plain(one) === plain(value(body, 'given'))) && each.birthDate === value(body, 'birthdate') && each.gender === value(body, 'gender'),
  );
  return found.length === 1 ? found[0].id : null;
}

function addTeam({ glass, reference }, id, code, more = {}) {
  const team = { resourceType: 'CareTeam', id: `ct${glass.next++}`, status: 'active', category: [{ coding: [{ system: 'urn:aceso:link', code }] }], subject: { reference: `Patient/${id}` }, period: { start: new Date().toISOString() }, participant: [{ member: { reference } }], ...more };
  glass.teams.push(team);
  return [201, team];
}

function breakGlass(world, id, body) {
  const { glass, reference } = world;
  if (!value(body, 'code') || !value(body, 'reason')) return [400, outcome('required')];
  if (!glass.proven) return [403, outcome('forbidden'), { 'Aceso-Needs': 'step-up' }];
  if (!id) return [404, outcome('not-found')];
  const reason = { coding: [{ system: 'urn:aceso:break-glass', code: value(body, 'code') }], text: value(body, 'reason') };
  glass.tasks.push({ resourceType: 'Task', id: `rv${glass.next++}`, status: 'requested', intent: 'order', code: { coding: [{ system: 'urn:aceso:review', code: 'break-glass' }] }, for: { reference: `Patient/${id}` }, requester: { reference }, authoredOn: new Date().toISOString(), reasonCode: reason });
  return addTeam(world, id, 'break-glass', { reasonCode: [reason], period: { start: new Date().toISOString(), end: new Date(Date.now() + glass.glassMs).toISOString() } });
}

function review({ glass }, id, body) {
  const task = glass.tasks.find((each) => each.id === id);
  if (!task) return [404, outcome('not-found')];
  task.status = 'completed';
  task.businessStatus = { coding: [{ system: 'urn:aceso:review-outcome', code: value(body, 'outcome') }] };
  if (value(body, 'note')) task.note = [{ text: value(body, 'note') }];
  return [200, task];
}

const codeOf = (team) => team.category[0].coding[0].code;

/* Of the dates only those of a start are known here: sa2026-01-01, le2026-02-01. */
function asked(team, query) {
  const [system, code] = (query.get('category') ?? '').split('|');
  const start = team.period.start.slice(0, 10);
  return (
    holds(team) &&
    (!query.has('patient') || team.subject.reference === `Patient/${query.get('patient')}`) &&
    (!query.has('participant') || team.participant.some((each) => each.member.reference === query.get('participant'))) &&
    (!system || !code || codeOf(team) === code) &&
    query.getAll('date').every((each) => (each.startsWith('sa') ? start > each.slice(2) : start <= each.slice(2)))
  );
}

const operations = {
  'POST Patient/$link': (world, _, body) => {
    const id = named(body);
    return id && value(body, 'evidence') ? addTeam(world, id, value(body, 'kind')) : [404, outcome('not-found')];
  },
  'POST Patient/*/$link': (world, id, body) => addTeam(world, id, value(body, 'kind')),
  'POST Patient/$break-glass': (world, _, body) => breakGlass(world, named(body), body),
  'POST Patient/*/$break-glass': (world, id, body) => breakGlass(world, id, body),
  'POST Patient/*/$unlink': ({ glass }, id, body) => {
    const team = glass.teams.find((each) => `CareTeam/${each.id}` === value(body, 'link') && holds(each));
    if (!team) return [404, outcome('not-found')];
    team.status = 'inactive';
    return [200, team];
  },
  'POST Task/*/$review': (world, id, body) => review(world, id, body),
  'GET CareTeam': ({ glass }, _, __, query) => [200, entries(glass.teams.filter((each) => asked(each, query)))],
  'GET Task': ({ glass }, _, __, query) => [200, entries(glass.tasks.filter((each) => (!query.has('status') || each.status === query.get('status')) && (!query.has('patient') || each.for.reference === `Patient/${query.get('patient')}`)).reverse())],
  'GET Practitioner': () => [200, entries([{ resourceType: 'Practitioner', id: 'd1', name: [{ text: 'Dr Anne Lecomte' }] }])],
  'GET AuditEvent': () => [200, entries([{ resourceType: 'AuditEvent', id: 'e1', recorded: new Date().toISOString(), agent: [{ requestor: true }], purposeOfEvent: [{ coding: [{ code: 'BTG' }] }], entity: [{ what: { reference: 'Observation/1' }, role: { code: '4' } }] }])],
};

/* [status, body, headers], or null when the question is another's. */
export function askGlass(world, method, path, query, body) {
  const parts = path.split('/');
  const pattern = parts.length > 1 && !parts[1].startsWith('$') ? [parts[0], '*', ...parts.slice(2)].join('/') : path;
  if (method === 'GET' && path === 'Task' && !query.get('code')?.startsWith('urn:aceso:review')) return null;
  const run = operations[`${method} ${pattern}`];
  return run ? run(world, parts[1], body, query) : null;
}
