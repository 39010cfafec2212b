/* A made-up centre for the screens of a day: people with hours, visits that can be booked and
 * moved, an inbox, drafts, notes and one drug that can be prescribed. Each server has its own. */
const day = 86_400_000;
const zone = 'Europe/Brussels';
const part = (at, options) => new Intl.DateTimeFormat('en-GB', { timeZone: zone, ...options }).format(at);
const dayOf = (at) => part(at, { year: 'numeric', month: '2-digit', day: '2-digit' }).split('/').reverse().join('-');
const today = () => dayOf(Date.now());

/* The instant of a minute of a day on the wall of the centre. */
export function instant(date, minute) {
  const guess = Date.parse(`${date}T00:00:00Z`) + minute * 60_000;
  const shown = Date.parse(`${dayOf(guess)}T${part(guess, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })}:00Z`);
  return new Date(guess - (shown - guess)).toISOString();
}

const names = ['Dr Anne Lecomte', 'Benoît Jadin', 'Nathalie Gobert', 'Hélène Vandamme', 'Dr Pierre Masson', 'Olivier Tasiaux'];
const works = ['Médecin généraliste', 'Kinésithérapeute', 'Infirmière', 'Psychologue', 'Médecin généraliste', 'Infirmier'];
const visitors = [
  ['p1', 'Marie Dupont', 'Contrôle de la tension'],
  ['p2', 'Jean Lambert', 'Toux depuis une semaine'],
  ['p3', 'Ahmed Benali', 'Renouvellement'],
  ['p4', 'Sofia Rossi', 'Douleur au genou'],
  ['p5', 'Emma Peeters', 'Vaccination'],
];

const personOf = (n) => ({ reference: n === 0 ? 'Practitioner/d1' : `Practitioner/d${n + 1}`, display: names[n % names.length] });

function appointment(id, date, from, minutes, n, who, status = 'booked') {
  const [patient, name, reason] = visitors[n % visitors.length];
  return {
    resourceType: 'Appointment',
    id,
    status,
    description: reason,
    start: instant(date, from),
    end: instant(date, from + minutes),
    minutesDuration: minutes,
    participant: [
      { actor: { reference: `Patient/${patient}`, display: name }, status: 'accepted' },
      { actor: who, status: 'accepted' },
    ],
  };
}

export function makeClinic(people = names.length) {
  const clinic = { people, visits: [], letters: [], drafts: new Map(), notes: [], orders: [], next: 1, inbox: inboxItems(), refuse: null };
  for (let n = 0; n < people; n++)
    for (let k = 0; k < 9; k++) {
      const status = n === 0 && k === 0 ? 'fulfilled' : n === 0 && k === 1 ? 'arrived' : 'booked';
      clinic.visits.push(appointment(`a${n}-${k}`, today(), 510 + k * 45 + (n % 3) * 15 + (k > 4 ? 60 : 0), n % 2 ? 30 : 20, n + k, personOf(n), status));
    }
  return clinic;
}

function inboxItems() {
  const about = { reference: 'Patient/p1', display: 'Marie Dupont' };
  const sent = new Date(Date.now() - day / 3).toISOString();
  return [
    { resourceType: 'DiagnosticReport', id: 'r1', status: 'preliminary', code: { text: 'Prise de sang: HbA1c et rein' }, subject: about, effectiveDateTime: sent, conclusion: 'HbA1c 7,4 %. DFG 58 ml/min.', performer: [{ display: 'Laboratoire du Midi' }] },
    { resourceType: 'MedicationRequest', id: 'm1', status: 'active', intent: 'order', medicationCodeableConcept: { text: 'Metformine 850 mg' }, subject: about, authoredOn: sent, dosageInstruction: [{ text: '1 comprimé 2 fois par jour' }] },
    { resourceType: 'Communication', id: 'c1', meta: { tag: [{ system: 'urn:aceso:inbox', code: 'unread' }] }, status: 'in-progress', sent, subject: { reference: 'Patient/p4', display: 'Sofia Rossi' }, sender: { reference: 'Practitioner/d2', display: 'Benoît Jadin' }, payload: [{ contentString: 'Le genou reste gonflé après six séances. Une imagerie ?' }] },
    { resourceType: 'Task', id: 't1', status: 'requested', intent: 'order', priority: 'urgent', description: 'Rappeler pour le résultat', for: { reference: 'Patient/p2', display: 'Jean Lambert' }, requester: { display: 'Martine Boland' }, authoredOn: sent, restriction: { period: { end: today() } } },
  ];
}

const entries = (resources, type = 'collection') => ({ resourceType: 'Bundle', type, entry: resources.map((resource) => ({ resource })) });
const actorOf = (visit, type) => visit.participant.find((each) => each.actor.reference.startsWith(`${type}/`))?.actor;
const values = (body, name) => (body.parameter ?? []).filter((each) => each.name === name).map((each) => each.valueString ?? each.valueInteger ?? each.resource);
const value = (body, name) => values(body, name)[0];
const said = (pairs) => ({ resourceType: 'Parameters', parameter: Object.entries(pairs).map(([name, text]) => ({ name, valueString: String(text) })) });

function role(n) {
  const who = personOf(n);
  return { resourceType: 'PractitionerRole', id: `role${n + 1}`, practitioner: who, code: [{ text: works[n % works.length] }], organization: { display: 'Centre médical de Namur' }, availableTime: [{ daysOfWeek: ['mon', 'tue', 'wed', 'thu', 'fri'], availableStartTime: '08:00:00', availableEndTime: '18:00:00' }] };
}

function calendar(clinic, query) {
  const start = query.get('start');
  const days = Array.from({ length: Number(query.get('days') ?? 1) }, (_, at) => dayOf(Date.parse(`${start}T12:00:00Z`) + at * day));
  const roles = Array.from({ length: clinic.people }, (_, n) => role(n));
  const open = roles.flatMap((each) =>
    days.flatMap((date) => [
      [480, 720],
      [780, 1080],
    ].map(([from, to]) => ({ resourceType: 'Slot', id: `${each.id}-${date}-${from}`, extension: [{ url: 'urn:aceso:practitioner', valueReference: each.practitioner }], schedule: { display: each.practitioner.display }, status: 'free', start: instant(date, from), end: instant(date, to) }))),
  );
  return entries([...roles, ...open, ...clinic.visits.filter((each) => each.status !== 'cancelled' && days.includes(dayOf(Date.parse(each.start))))]);
}

const taken = (clinic, start, who, but) => clinic.visits.some((each) => each.id !== but && each.status !== 'cancelled' && each.start === start && actorOf(each, 'Practitioner')?.reference === who);

function book(clinic, body) {
  const start = new Date(value(body, 'start')).toISOString();
  const who = value(body, 'practitioner');
  if (taken(clinic, start, who)) return [409, { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code: 'conflict' }] }];
  const n = Math.max(0, visitors.findIndex(([id]) => `Patient/${id}` === value(body, 'patient')));
  const visit = { ...appointment(`b${clinic.next++}`, today(), 0, 20, n, { reference: who, display: names[0] }), start, end: new Date(Date.parse(start) + (value(body, 'minutes') ?? 20) * 60_000).toISOString() };
  if (value(body, 'comment')) visit.comment = value(body, 'comment');
  clinic.visits.push(visit);
  return [201, visit];
}

function reschedule(clinic, id, body) {
  const visit = clinic.visits.find((each) => each.id === id);
  const start = new Date(value(body, 'start')).toISOString();
  const who = value(body, 'practitioner') ?? actorOf(visit, 'Practitioner').reference;
  if (taken(clinic, start, who, id)) return [409, { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code: 'conflict' }] }];
  visit.end = new Date(Date.parse(start) + visit.minutesDuration * 60_000).toISOString();
  visit.start = start;
  actorOf(visit, 'Practitioner').reference = who;
  return [200, visit];
}

function offers(clinic) {
  const tomorrow = [1, 2, 3].map((n) => dayOf(Date.now() + n * day));
  const slots = tomorrow.flatMap((date) =>
    [540, 560, 600, 840, 900].map((minute, at) => {
      const who = personOf((at % 2) * 4);
      return {
        resourceType: 'Slot',
        extension: [
          { url: 'urn:aceso:practitioner', valueReference: who },
          { url: 'urn:aceso:location', valueReference: { reference: 'Location/l1', display: 'Centre médical de Namur' } },
          { url: 'urn:aceso:service', valueReference: { reference: 'HealthcareService/gp', display: 'Consultation de médecine générale' } },
        ],
        serviceType: [{ text: 'Consultation de médecine générale' }],
        schedule: { display: who.display },
        status: 'free',
        start: instant(date, minute),
        end: instant(date, minute + 20),
      };
    }),
  );
  return entries(slots.filter((each) => !taken(clinic, each.start, each.extension[0].valueReference.reference)));
}

function saveDraft(clinic, body) {
  const key = value(body, 'key');
  const stored = clinic.drafts.get(key) ?? { version: 0, text: '' };
  if (Number(value(body, 'version') ?? 0) !== stored.version) return [409, said({ key, version: stored.version, text: stored.text, yours: value(body, 'text') })];
  const draft = { version: stored.version + 1, text: value(body, 'text') };
  clinic.drafts.set(key, draft);
  return [200, said({ key, version: draft.version })];
}

function parseLine(query) {
  const [medicine = '', dose = ''] = (query.get('text') ?? '').split(' ');
  const text = `${dose} mg, 3 fois par jour pendant 7 jours`;
  return {
    resourceType: 'Parameters',
    parameter: [
      { name: 'resource', resource: { resourceType: 'MedicationRequest', status: 'active', intent: 'order', medicationCodeableConcept: { text: `${medicine} ${dose}`.trim() }, dosageInstruction: [{ text }] } },
      ...(dose ? [] : [{ name: 'missing', valueCode: 'dose' }]),
      ...['fr', 'nl', 'de', 'en'].map((language) => ({ name: 'text', part: [{ name: 'language', valueCode: language }, { name: 'content', valueString: text }] })),
    ],
  };
}

function keep(clinic, list, resource) {
  const kept = { ...resource, id: `n${clinic.next++}`, meta: { versionId: '1' } };
  list.push(kept);
  return [201, kept];
}

function signNote(clinic, note) {
  const signed = clinic.notes.find((each) => each.identifier?.value === note.identifier.value);
  return [200, signed ?? keep(clinic, clinic.notes, { ...note, status: 'final' })[1]];
}

const operations = {
  'GET Appointment/$offers': () => [200, { resourceType: 'Parameters' }],
  'GET Schedule/$calendar': (clinic, { query }) => [200, calendar(clinic, query)],
  'GET Slot/$find': (clinic) => [200, offers(clinic)],
  'GET $inbox': (clinic) => [200, entries(clinic.inbox)],
  'GET $draft': (clinic, { query }) => {
    const draft = clinic.drafts.get(query.get('key'));
    return draft ? [200, said({ key: query.get('key'), version: draft.version, text: draft.text })] : [404, {}];
  },
  'GET MedicationRequest/$parse': (_, { query }) => [200, parseLine(query)],
  'POST $save-draft': (clinic, { body }) => saveDraft(clinic, body),
  'POST $drop-draft': (clinic, { body }) => (clinic.drafts.delete(value(body, 'key')), [204, null]),
  'POST Appointment/$book': (clinic, { body }) => book(clinic, body),
  'POST Appointment/$wait': (clinic, { body }) => keep(clinic, clinic.visits, { ...appointment('', today(), 0, 20, visitors.findIndex(([id]) => `Patient/${id}` === value(body, 'patient')), personOf(0), 'waitlist'), created: new Date().toISOString() }),
  'POST Appointment/*/$cancel': (clinic, { id }) => ((clinic.visits.find((each) => each.id === id).status = 'cancelled'), [200, {}]),
  'POST Appointment/*/$reschedule': (clinic, { id, body }) => reschedule(clinic, id, body),
  'PATCH Appointment/*': (clinic, { id, body }) => {
    const visit = clinic.visits.find((each) => each.id === id);
    visit.status = body[0].value;
    return [200, visit];
  },
  'POST Task/*/$claim': () => [200, {}],
  'POST Task/*/$finish': (clinic, { id }) => leaveInbox(clinic, id),
  'GET Communication/*/$thread': (clinic, { id }) => [200, entries(clinic.inbox.filter((each) => each.id === id))],
  'POST Communication/$send': (clinic, { body }) => keep(clinic, clinic.letters, { resourceType: 'Communication', status: 'completed', payload: [{ contentString: value(body, 'text') }] }),
  'GET Patient/*/$duplicates': () => [200, entries([])],
  'POST Communication/*/$read': (clinic, { id }) => leaveInbox(clinic, id),
  'PATCH DiagnosticReport/*': (clinic, { id }) => leaveInbox(clinic, id),
  'POST MedicationRequest/*/$renew': (clinic, { id }) => leaveInbox(clinic, id),
  'POST Composition/$sign': (clinic, { body }) => signNote(clinic, body.parameter.find((each) => each.name === 'resource').resource),
  'POST Composition/*/$addendum': (clinic, { id, body }) => {
    const note = clinic.notes.find((each) => each.id === id);
    return keep(clinic, clinic.notes, { ...note, title: value(body, 'title'), relatesTo: [{ code: 'appends', targetReference: { reference: `Composition/${id}` } }], section: [{ title: value(body, 'title'), text: { status: 'additional', div: `<div>${value(body, 'text')}</div>` } }] });
  },
  'GET Composition/*': (clinic, { id }) => {
    const note = clinic.notes.find((each) => each.id === id);
    return note ? [200, note] : [404, {}];
  },
  'POST MedicationRequest': (clinic, { body }) => keep(clinic, clinic.orders, body),
  'DELETE MedicationRequest/*': (clinic, { id }) => ((clinic.orders = clinic.orders.filter((each) => each.id !== id)), [204, null]),
  'POST Patient/$match': () => [200, entries([])],
  'POST Patient': (clinic, { body }) => keep(clinic, clinic.notes, body),
  'POST Patient/*/$link': () => [200, {}],
  'GET $explain-access': (_, { query }) => (query.get('user') === 'anne' ? [200, explained()] : [404, {}]),
};

function leaveInbox(clinic, id) {
  clinic.inbox = clinic.inbox.filter((each) => each.id !== id);
  return [200, {}];
}

function explained() {
  const cells = { D1: 'W', D5: 'W', D6: 'W', D7: 'W', D8: 'R', D10: 'o+R', D13: 'B', D14: '-' };
  return {
    patient: 'Patient/p1', role: 'gp', linked: true, consent: true, blocked: false, broken: false, self: false, proxy: false, kind: 'own-gp', until: '2027-05-23T00:00',
    classes: Object.entries(cells).map(([name, cell]) => ({ class: name, cell, sees: 'B-'.includes(cell) ? 'nothing' : 'all', writes: cell === 'W' })),
  };
}

/* [status, body] of an operation, or null when the question is another's. */
export function askClinic(clinic, method, path, query, body) {
  const parts = path.split('/');
  const pattern = parts.length > 1 && !parts[1].startsWith('$') ? [parts[0], '*', ...parts.slice(2)].join('/') : path;
  const run = operations[`${method} ${pattern}`];
  return run ? run(clinic, { id: parts[1], query, body }) : null;
}

/* Rows that a search finds besides those of patients.mjs. */
export function rowsOf(clinic, type) {
  if (type === 'Appointment') return clinic.visits;
  if (type === 'Composition') return clinic.notes.filter((each) => each.resourceType === 'Composition');
  if (type === 'MedicationRequest') return clinic.orders;
  if (type === 'PractitionerRole') return Array.from({ length: clinic.people }, (_, n) => role(n));
  if (type === 'Location') return [{ resourceType: 'Location', id: 'l1', name: 'Centre médical de Namur' }, { resourceType: 'Location', id: 'l2', name: 'Centre médical de Dinant' }];
  return [];
}
