/* A handful of people made by hand, for states that are hard to bring about on a real server. The
 * first has a full record, the others just enough to be found and told apart. */

const day = 86_400_000;
const now = Date.now();
const date = (daysAgo) => new Date(now - daysAgo * day).toISOString().slice(0, 10);
const instant = (daysAgo, hour = 9, minute = 0) => {
  const at = new Date(now - daysAgo * day);
  at.setUTCHours(hour, minute, 0, 0);
  return at.toISOString();
};

const ssin = 'https://www.ehealth.fgov.be/standards/fhir/core/NamingSystem/ssin';

function person(id, family, given, gender, birthDate, number, more = {}) {
  return {
    resourceType: 'Patient',
    id,
    identifier: number ? [{ system: ssin, value: number }] : [],
    name: [{ use: 'official', family, given }],
    gender,
    birthDate,
    telecom: [{ system: 'phone', use: 'mobile', value: '+32 470 12 34 56' }],
    address: [{ use: 'home', line: ['Rue des Carmes 12'], postalCode: '5000', city: 'Namur' }],
    ...more,
  };
}

export const patients = [
  person('p1', 'Dupont', ['Marie', 'Louise'], 'female', '1958-03-14', '58031402250'),
  person('p2', 'Dupont', ['Marc'], 'male', '1985-07-30', '85073003328', { telecom: [{ system: 'phone', use: 'mobile', value: '+32 461 98 76 54' }] }),
  person('p3', 'Dupuis', ['Élise'], 'female', '2025-02-03', null, { address: [{ postalCode: '5100', city: 'Jambes' }] }),
  person('p4', 'Van den Broeck', ['Jan'], 'male', '1941-11-02', null, { deceasedDateTime: '2025-12-24' }),
  person('p6', 'Schröder', ['Jürgen'], 'male', '1985-07-12', '85071206155', {
    telecom: [{ system: 'phone', use: 'home', value: '081/22.33.44' }],
    name: [{ use: 'official', family: 'Schröder', given: ['Jürgen'] }, { use: 'maiden', family: 'Wauters', given: ['Jürgen'] }],
  }),
  /* Nobody here cares for her: she is found by no search (glass.mjs). */
  person('p7', 'Évrard', ['Léa'], 'female', '1990-05-17', '90051700255'),
  person('p5', 'Lambert', ['Aïcha'], 'female', '1992-09-19', null, { telecom: [] }),
];

const me = { reference: 'Patient/p1', display: 'Marie Dupont' };
const doctor = { reference: 'Practitioner/d1', display: 'Dr Anne Lecomte' };
const physio = { reference: 'Practitioner/k1', display: 'Thomas Gérard' };
const concept = (text, system, code) => ({ text, coding: code ? [{ system, code, display: text }] : [] });
const status = (code, kind) => ({ coding: [{ system: `http://terminology.hl7.org/CodeSystem/${kind}`, code }] });

let count = 0;
const made = (resource) => ({ id: `r${++count}`, ...resource });

function problem(text, onset, clinical = 'active', end) {
  return made({
    resourceType: 'Condition',
    subject: me,
    code: concept(text),
    clinicalStatus: status(clinical, 'condition-clinical'),
    onsetDateTime: onset,
    ...(end ? { abatementDateTime: end } : {}),
  });
}

function medicine(text, dosage, daysAgo, state = 'active', reason) {
  return made({
    resourceType: 'MedicationRequest',
    status: state,
    intent: 'order',
    subject: me,
    medicationCodeableConcept: concept(text),
    authoredOn: date(daysAgo),
    requester: doctor,
    dosageInstruction: [{ text: dosage }],
    ...(reason ? { reasonCode: [concept(reason)] } : {}),
  });
}

const category = (code) => [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code }] }];

function vital(code, text, value, unit, ucum, daysAgo) {
  return made({
    resourceType: 'Observation',
    status: 'final',
    category: category('vital-signs'),
    subject: me,
    code: concept(text, 'http://loinc.org', code),
    effectiveDateTime: instant(daysAgo, 8, 30),
    valueQuantity: { value, unit, code: ucum, system: 'http://unitsofmeasure.org' },
  });
}

function pressure(high, low, daysAgo) {
  const part = (code, text, value) => ({
    code: concept(text, 'http://loinc.org', code),
    valueQuantity: { value, unit: 'mm[Hg]', code: 'mm[Hg]', system: 'http://unitsofmeasure.org' },
    referenceRange: [code === '8480-6' ? { high: { value: 140 } } : { high: { value: 90 } }],
  });
  return made({
    resourceType: 'Observation',
    status: 'final',
    category: category('vital-signs'),
    subject: me,
    code: concept('Blood pressure', 'http://loinc.org', '85354-9'),
    effectiveDateTime: instant(daysAgo, 8, 32),
    component: [part('8480-6', 'Systolic', high), part('8462-4', 'Diastolic', low)],
  });
}

function laboratory(code, text, value, unit, low, high, daysAgo) {
  return made({
    resourceType: 'Observation',
    status: daysAgo < 10 ? 'preliminary' : 'final',
    category: category('laboratory'),
    subject: me,
    code: concept(text, 'http://loinc.org', code),
    effectiveDateTime: instant(daysAgo, 7, 15),
    valueQuantity: { value, unit, system: 'http://unitsofmeasure.org' },
    referenceRange: [{ ...(low === null ? {} : { low: { value: low } }), ...(high === null ? {} : { high: { value: high } }) }],
    interpretation:
      high !== null && value > high * 1.5
        ? [status('HH', 'v3-ObservationInterpretation')]
        : high !== null && value > high
          ? [status('H', 'v3-ObservationInterpretation')]
          : low !== null && value < low
            ? [status('L', 'v3-ObservationInterpretation')]
            : [],
  });
}

/* A value that drifts, always the same way. */
function drift(from, to, step, at, digits) {
  const wave = Math.sin(at * 2.3) * 0.35 + Math.sin(at * 5.1) * 0.2;
  return Number((from + (to - from) * step + wave * Math.abs(to - from || from * 0.05) * 0.5).toFixed(digits));
}

const rounds = 14;
const observations = [];
for (let at = 0; at < rounds; at++) {
  const daysAgo = 4 + at * 92;
  const step = 1 - at / (rounds - 1);
  observations.push(
    pressure(Math.round(drift(158, 136, step, at, 0)), Math.round(drift(94, 82, step, at + 3, 0)), daysAgo),
    vital('8867-4', 'Heart rate', Math.round(drift(84, 72, step, at, 0)), '/min', '/min', daysAgo),
    vital('29463-7', 'Body weight', drift(88.4, 81.2, step, at, 1), 'kg', 'kg', daysAgo),
    vital('39156-5', 'BMI', drift(32.1, 29.5, step, at, 1), 'kg/m2', 'kg/m2', daysAgo),
  );
  if (at % 3 === 0) observations.push(vital('8310-5', 'Temperature', drift(36.6, 36.9, step, at, 1), 'Cel', 'Cel', daysAgo), vital('59408-5', 'SpO2', Math.round(drift(97, 96, step, at, 0)), '%', '%', daysAgo));
  if (at % 2 === 0) {
    observations.push(
      laboratory('4548-4', 'Hémoglobine glyquée (HbA1c)', drift(8.2, 6.9, step, at, 1), '%', 4, 6, daysAgo),
      laboratory('2345-7', 'Glucose', Math.round(drift(168, 124, step, at, 0)), 'mg/dL', 70, 100, daysAgo),
      laboratory('2160-0', 'Créatinine', drift(0.91, 1.08, step, at, 2), 'mg/dL', 0.5, 0.95, daysAgo),
      laboratory('33914-3', 'DFG estimé (CKD-EPI)', Math.round(drift(74, 57, step, at, 0)), 'mL/min/1,73m²', 60, null, daysAgo),
      laboratory('2823-3', 'Potassium', drift(4.4, 4.7, step, at, 1), 'mmol/L', 3.5, 5.1, daysAgo),
      laboratory('2951-2', 'Sodium', Math.round(drift(140, 139, step, at, 0)), 'mmol/L', 135, 145, daysAgo),
      laboratory('18262-6', 'Cholestérol LDL', Math.round(drift(142, 88, step, at, 0)), 'mg/dL', null, 100, daysAgo),
      laboratory('2085-9', 'Cholestérol HDL', Math.round(drift(41, 47, step, at, 0)), 'mg/dL', 40, null, daysAgo),
      laboratory('718-7', 'Hémoglobine', drift(12.9, 12.1, step, at, 1), 'g/dL', 12, 16, daysAgo),
      laboratory('3016-3', 'TSH', drift(2.1, 2.6, step, at, 2), 'mU/L', 0.4, 4, daysAgo),
      laboratory('1988-5', 'CRP', drift(3.1, 2.4, step, at, 1), 'mg/L', null, 5, daysAgo),
    );
  }
}

function contact(text, daysAgo, who, reason, place = 'AMB') {
  return made({
    resourceType: 'Encounter',
    status: 'finished',
    class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: place },
    type: [concept(text)],
    subject: me,
    participant: [{ individual: who }],
    period: { start: instant(daysAgo, 8 + (daysAgo % 9), 15) },
    reasonCode: [concept(reason)],
  });
}

const reasons = ['Suivi du diabète', 'Renouvellement', 'Lombalgie', 'Toux', 'Tension artérielle', 'Vaccination'];
const contacts = Array.from({ length: 70 }, (_, at) =>
  contact(at % 5 === 2 ? 'Séance de kinésithérapie' : at % 7 === 3 ? 'Visite' : 'Consultation', 4 + at * 41, at % 5 === 2 ? physio : doctor, reasons[at % reasons.length], at % 7 === 3 ? 'HH' : 'AMB'),
);

function appointment(daysAgo, state, text) {
  return made({
    resourceType: 'Appointment',
    status: state,
    start: instant(daysAgo, 13, 30),
    appointmentType: concept(text),
    participant: [{ actor: me, status: 'accepted' }, { actor: doctor, status: 'accepted' }],
  });
}

const base64 = (text) => Buffer.from(text, 'utf8').toString('base64');
const letter = `Chère consœur,

J'ai revu en consultation votre patiente, âgée de 68 ans, pour le suivi de son diabète de type 2.

Tension artérielle 138/84 mmHg. Poids 81,2 kg. L'HbA1c est à 6,9 %.
La fonction rénale se maintient, avec un débit estimé à 57 mL/min.

Je propose de poursuivre le traitement en cours et de contrôler la fonction rénale dans trois mois.

Bien confraternellement,
Dr P. Michaux, endocrinologie
`;
const pdf = `%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>endobj
4 0 obj<</Length 44>>stream
BT /F1 18 Tf 40 100 Td (Rapport) Tj ET
endstream endobj
5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj
trailer<</Root 1 0 R>>
%%EOF
`;

function document(text, type, daysAgo, contentType, content) {
  return made({
    resourceType: 'DocumentReference',
    status: 'current',
    subject: me,
    type: concept(type),
    description: text,
    date: instant(daysAgo, 10),
    author: [{ display: 'Dr P. Michaux' }],
    content: [{ attachment: { contentType, title: text, data: base64(content) } }],
  });
}

export const record = [
  problem('Diabète de type 2', '2014-05'),
  problem('Hypertension artérielle essentielle', '2009'),
  problem('Insuffisance rénale chronique, stade 3a', date(420)),
  problem('Gonarthrose droite', '2019-11-08'),
  problem('Pneumonie', '2021-01-12', 'resolved', '2021-02-20'),
  problem('Fracture du radius distal gauche', '2003', 'resolved', '2003-09'),
  made({
    resourceType: 'AllergyIntolerance',
    patient: me,
    code: concept('Pénicilline'),
    criticality: 'high',
    clinicalStatus: status('active', 'allergyintolerance-clinical'),
    reaction: [{ manifestation: [concept('Œdème de Quincke')], severity: 'severe' }],
    recordedDate: '1998-04-02',
  }),
  made({
    resourceType: 'AllergyIntolerance',
    patient: me,
    code: concept('Produit de contraste iodé'),
    clinicalStatus: status('active', 'allergyintolerance-clinical'),
    reaction: [{ manifestation: [concept('Urticaire')], severity: 'moderate' }],
    recordedDate: '2016-10-21',
  }),
  medicine('Metformine 850 mg, comprimé', '1 comprimé 2 fois par jour, pendant le repas', 96, 'active', 'Diabète de type 2'),
  medicine('Périndopril 5 mg, comprimé', '1 comprimé le matin', 96, 'active', 'Hypertension artérielle'),
  medicine('Atorvastatine 20 mg, comprimé', '1 comprimé le soir', 188),
  medicine('Amlodipine 5 mg, comprimé', '1 comprimé le matin', 188, 'active', 'Hypertension artérielle'),
  medicine('Paracétamol 1 g, comprimé', '1 comprimé, au plus 3 par jour, si besoin', 45),
  medicine('Azithromycine 500 mg, comprimé', '1 comprimé par jour pendant 3 jours', 640, 'completed', 'Bronchite aiguë'),
  medicine('Naproxène 500 mg, comprimé', '1 comprimé 2 fois par jour', 910, 'stopped', 'Gonarthrose'),
  ...observations,
  ...contacts,
  appointment(-12, 'booked', 'Consultation'),
  appointment(-40, 'booked', 'Prise de sang'),
  appointment(60, 'fulfilled', 'Consultation'),
  appointment(150, 'noshow', 'Consultation'),
  document('Lettre d’endocrinologie', 'Lettre de spécialiste', 35, 'text/plain; charset=utf-8', letter),
  document('Radiographie du genou droit', 'Compte rendu d’imagerie', 380, 'application/pdf', pdf),
  document('Page trompeuse', 'Autre', 500, 'text/html', '<script>document.title = "taken"</script>'),
  ...[['Grippe (saison)', 30], ['COVID-19, rappel', 400], ['Pneumocoque conjugué', 830], ['Tétanos, diphtérie, coqueluche', 2900]].map(([text, daysAgo], at) =>
    made({
      resourceType: 'Immunization',
      status: 'completed',
      patient: me,
      vaccineCode: concept(text),
      occurrenceDateTime: date(daysAgo),
      lotNumber: `AB${1234 + at}`,
      performer: [{ actor: doctor }],
      protocolApplied: [{ doseNumberPositiveInt: at === 1 ? 4 : 1 }],
    }),
  ),
];
