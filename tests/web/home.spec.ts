/* What somebody does at home and for others, on the real server, and what those who care see of it: a
 * row of sessions, letters for a child, forms with a file; and what the desk keeps for itself. */
import { writeFileSync } from 'node:fs';
import type { Appointment, Bundle, CareTeam, DocumentReference, FhirResource, Library, Patient, Practitioner, PractitionerRole, QuestionnaireResponse, Slot } from '../../web/node_modules/@types/fhir/r4';
import { expect, expectAccessible, expectLargeTargets, test, type Page } from './harness';

const url = (process.env.ACESO_URL ?? '').replace(/\/$/, '');
const user = process.env.ACESO_USER ?? '';
const password = process.env.ACESO_PASSWORD ?? '';
const phone = { width: 390, height: 844 };
const desktop = { width: 1280, height: 800 };
const mark = Date.now().toString(36);

const post = (page: Page, path: string, data?: object) =>
  page.request.post(url + path, { data, headers: { 'Origin': new URL(url).origin, 'Content-Type': path.startsWith('/fhir/') ? 'application/fhir+json' : 'application/json' } });

async function signInAs(page: Page, name: string): Promise<string> {
  const answer = await post(page, '/auth/sign-in', { user: name, password });
  expect(answer.status(), name).toBe(200);
  return ((await answer.json()) as { reference: string }).reference ?? '';
}

async function found<T extends FhirResource>(page: Page, query: string): Promise<T[]> {
  const answer = await page.request.get(`${url}/fhir/${query}`);
  expect(answer.status(), query).toBe(200);
  return ((await answer.json()) as Bundle<T>).entry?.flatMap((each) => each.resource ?? []) ?? [];
}

const parameters = (values: Record<string, string>) => ({ resourceType: 'Parameters', parameter: Object.entries(values).map(([name, valueString]) => ({ name, valueString })) });

async function act(page: Page, path: string, values: Record<string, string>): Promise<FhirResource> {
  const answer = await post(page, `/fhir/${path}`, parameters(values));
  expect(answer.ok(), `${path}: ${await answer.text()}`).toBe(true);
  return (await answer.json()) as FhirResource;
}

/* Whoever cares for a patient by name: his account is his id. */
async function doctorOf(page: Page, patient: string): Promise<string> {
  const links = await found<CareTeam>(page, `CareTeam?patient=${patient}&status=active`);
  const doctor = links.flatMap((each) => each.participant ?? []).map((each) => each.member?.reference ?? '').find((each) => each.startsWith('Practitioner/'));
  expect(doctor, 'somebody cares for the patient').toBeDefined();
  return (doctor ?? '').slice('Practitioner/'.length);
}

const referenceOf = (slot: Slot, what: string) => slot.extension?.find((each) => each.url === `urn:aceso:${what}`)?.valueReference?.reference ?? '';
/* On the wall: clocks may go forward or back between the two. */
const wallOf = (start: string) => start.slice(0, 16);
const weekLater = (wall: string) => wallOf(new Date(Date.parse(`${wall}:00Z`) + 7 * 86_400_000).toISOString());

const kine = 'HealthcareService/kinesitherapie';

test('a row of sessions on a telephone: one gives way, one is cancelled, the rest too', async ({ page }) => {
  await page.setViewportSize(phone);
  const patient = (await signInAs(page, 'patient')).slice('Patient/'.length);
  await page.goto(`${url}/book`);
  await page.getByLabel('Qui voulez-vous voir ?').selectOption('physio');
  const people = page.getByLabel('Avec qui ?');
  await expect(people).toBeVisible();
  /* One of those who care for the patient: others do not see whose hour it is. */
  const centres = (await found<CareTeam>(page, `CareTeam?patient=${patient}&status=active`)).flatMap((each) => each.participant ?? []).map((each) => each.member?.reference ?? '').filter((each) => each.startsWith('Organization/'));
  const roles = await found<PractitionerRole>(page, `PractitionerRole?organization=${centres.join(',')}&_count=200`);
  const near = new Set(roles.map((each) => each.practitioner?.reference));
  const who = (await people.locator('option').evaluateAll((all) => all.map((each) => (each as HTMLOptionElement).value))).find((each) => near.has(each)) ?? '';
  expect(who, 'a physiotherapist of the own centre').not.toBe('');
  const from = new Date(Date.now() + 9 * 86_400_000).toISOString().slice(0, 10);
  const slots = await found<Slot>(page, `Slot/$find?service=${kine}&practitioner=${who}&start=${from}&count=500`);
  const starts = new Map(slots.map((each) => [wallOf(each.start), each.start]));
  /* Free this week, the next and the one after it. */
  const slot = slots.find((each) => starts.has(weekLater(wallOf(each.start))) && starts.has(weekLater(weekLater(wallOf(each.start)))));
  if (!slot) throw new Error('no hour that is free three weeks in a row');
  expect(slot.extension?.find((each) => each.url === 'urn:aceso:series')?.valuePositiveInt).toBe(18);
  await signInAs(page, 'martine.boland');
  const [other] = await found<Patient>(page, 'Patient?_count=1');
  await act(page, 'Appointment/$book', { service: referenceOf(slot, 'service'), practitioner: who, start: starts.get(weekLater(wallOf(slot.start))) ?? '', patient: `Patient/${other?.id}`, double: 'true' });
  await signInAs(page, 'patient');
  await page.goto(`${url}/book`);
  await page.getByLabel('Qui voulez-vous voir ?').selectOption('physio');
  await people.selectOption(who);
  await page.getByLabel('Pour quoi ?').selectOption(kine);
  const [, month = '', date = ''] = slot.start.slice(0, 10).split('-');
  const day = page.locator('.door-day').filter({ hasText: `${date}/${month}/` });
  const later = page.getByRole('button', { name: 'Jours suivants' });
  for (;;) {
    await expect(later).toBeVisible();
    if ((await day.count()) > 0) break;
    await later.click();
  }
  await expect(page.getByLabel('Pour quoi ?'), 'what was chosen stays chosen').toHaveValue(kine);
  await day.locator('.time').filter({ hasText: slot.start.slice(11, 16) }).first().click();
  await page.getByLabel('Combien de séances ?').selectOption('3');
  await expect(page.getByLabel('À quel rythme ?')).toHaveValue('1');
  await expect(page.locator('.sessions')).toContainText('la dernière');
  await expectAccessible(page);
  await expectLargeTargets(page);
  await page.getByRole('button', { name: 'Confirmer les 3 séances' }).click();
  await expect(page.getByText('1 des 3 séances')).toBeVisible();
  await expect(page.locator('.cal-mixed li')).toHaveCount(1);
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Réserver ainsi' }).click();
  await expect(page.getByRole('heading', { name: 'C’est demandé' })).toBeVisible();
  await expect(page.locator('.session-list li')).toHaveCount(3);
  await expectAccessible(page);

  await page.getByRole('button', { name: 'Mes rendez-vous' }).click();
  const first = page.locator('.lines > .coming').filter({ hasText: 'série : encore 3' });
  await expect(first).toBeVisible();
  await first.getByText('Les 2 séances suivantes').click();
  const next = first.locator('.coming');
  await expect(next).toHaveCount(2);
  await expectAccessible(page);
  await expectLargeTargets(page);
  const mine = async () => (await found<Appointment>(page, `Appointment?patient=${patient}&actor=${who}&date=ge${from}&_count=100`)).filter((each) => each.identifier?.some((one) => one.system === 'urn:aceso:series'));
  const live = async () => (await mine()).filter((each) => each.status !== 'cancelled').length;
  expect(await live()).toBe(3);

  /* Who is asked sees one request for the whole row, and confirms it. */
  await page.setViewportSize(desktop);
  await signInAs(page, who.slice('Practitioner/'.length));
  const [whose] = await found<Patient>(page, `Patient?_id=${patient}`);
  await page.goto(url);
  const request = page.getByRole('region', { name: 'Demandes à confirmer' }).locator('.line').filter({ hasText: whose?.name?.[0]?.family ?? 'nobody' });
  await expect(request).toHaveCount(1);
  await expectAccessible(page);
  await request.getByRole('button', { name: /^Confirmer/ }).click();
  await expect(page.locator('.toast')).toContainText('Confirmé');
  await expect(request).toHaveCount(0);
  await page.setViewportSize(phone);
  await signInAs(page, 'patient');
  await page.goto(url);
  await first.getByText('Les 2 séances suivantes').click();
  expect((await mine()).map((each) => each.status).filter((each) => each !== 'cancelled')).toEqual(['booked', 'booked', 'booked']);
  await next.first().getByRole('button', { name: /^Annuler/ }).click();
  await next.first().getByRole('button', { name: /^Seulement celui-ci/ }).click();
  await expect.poll(live).toBe(2);
  await expect(page.locator('.lines > .coming').filter({ hasText: 'série : encore 2' })).toBeVisible();
  const left = page.locator('.lines > .coming').filter({ hasText: 'série : encore 2' });
  await left.getByRole('button', { name: /^Annuler/ }).first().click();
  await left.getByRole('button', { name: /^Celui-ci et les suivants/ }).click();
  await expect.poll(live).toBe(0);
  await expect(page.locator('.coming').filter({ hasText: 'série' })).toHaveCount(0);
});

test('a parent writes for a child, the doctor answers, and writes to the child', async ({ page }) => {
  const topic = `Fièvre ${mark}`;
  const me = await signInAs(page, 'proxy');
  expect(me).toMatch(/^RelatedPerson\//);
  const [child] = await found<Patient>(page, 'Patient?_count=5');
  const doctor = await doctorOf(page, child?.id ?? '');
  await page.setViewportSize(phone);
  await page.goto(url);
  await page.getByRole('link', { name: 'Messages' }).first().click();
  await page.getByRole('button', { name: 'Écrire un message' }).click();
  await page.getByLabel('À', { exact: true }).selectOption(`Practitioner/${doctor}`);
  await page.getByLabel('Sujet (facultatif)').fill(topic);
  await page.getByLabel('Message', { exact: true }).fill('39 depuis hier. Faut-il venir ?');
  await expectAccessible(page);
  await expectLargeTargets(page);
  await page.getByRole('button', { name: 'Envoyer' }).click();
  await expect(page.getByRole('heading', { level: 1, name: topic })).toBeVisible();
  await page.getByRole('link', { name: 'Tous les messages' }).click();
  await expect(page.locator('.letter').filter({ hasText: topic })).toContainText(/pour /);

  await page.setViewportSize(desktop);
  await signInAs(page, doctor);
  await page.goto(`${url}/inbox`);
  const row = page.locator('.inbox-row').filter({ hasText: topic });
  await expect(row).toContainText(/\((Mère|Père)\)/);
  await expect(row).toContainText(child?.name?.[0]?.family ?? '', { ignoreCase: true });
  await row.click();
  await expectAccessible(page);
  await page.getByLabel(/^Répondre à/).fill('Oui, à 11 h.');
  await page.locator('.inbox-detail').getByRole('button', { name: 'Envoyer' }).click();
  await expect(page.locator('.bubble-own')).toContainText('11 h');
  await act(page, 'Communication/$send', { text: `Rappel du vaccin ${mark}`, to: `Patient/${child?.id}`, about: `Patient/${child?.id}` });

  await page.setViewportSize(phone);
  await signInAs(page, 'proxy');
  await page.goto(`${url}/messages`);
  await expect(page.locator('.letter').filter({ hasText: `Rappel du vaccin ${mark}` })).toContainText('nouveau');
  const letter = page.locator('.letter').filter({ hasText: topic });
  await expect(letter).toContainText('nouveau');
  await expectAccessible(page);
  await letter.click();
  await expect(page.locator('.bubble')).toHaveCount(2);
  await page.getByLabel(/^Répondre à/).fill('Merci.');
  await page.getByRole('button', { name: 'Envoyer' }).click();
  await expect(page.locator('.bubble-own')).toHaveCount(2);
});

const form = {
  resourceType: 'Questionnaire',
  url: `urn:test:files:${mark}`,
  version: '1',
  status: 'active',
  title: `Avec un fichier ${mark}`,
  subjectType: ['Patient'],
  item: [
    { linkId: 'wound', type: 'attachment', text: 'Photo ou lettre', required: true, extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/mimeType', valueCode: 'application/pdf' }, { url: 'http://hl7.org/fhir/StructureDefinition/maxSize', valueDecimal: 0.5 }] },
    { linkId: 'doctor', type: 'reference', text: 'Votre médecin', extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/questionnaire-referenceResource', valueCode: 'Practitioner' }] },
    { linkId: 'side', type: 'choice', text: 'Quel côté ?', answerValueSet: `urn:test:sides:${mark}` },
    { linkId: 'odd', type: 'reference', text: 'Votre panier', extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/questionnaire-referenceResource', valueCode: 'SupplyRequest' }] },
  ],
} as unknown as FhirResource;

test('a form with a file and a reference: chosen, refused in words, handed in, opened in the chart', async ({ page }, info) => {
  const { title } = form as { title: string };
  await signInAs(page, 'admin');
  const sides = { resourceType: 'CodeSystem', url: `urn:test:side:${mark}`, status: 'active', content: 'complete', concept: [{ code: 'l', display: 'Gauche' }, { code: 'r', display: 'Droite' }] };
  expect((await post(page, '/fhir/CodeSystem', sides)).status()).toBe(201);
  expect((await post(page, '/fhir/ValueSet', { resourceType: 'ValueSet', url: `urn:test:sides:${mark}`, status: 'active', compose: { include: [{ system: sides.url }] } })).status()).toBe(201);
  const made = await post(page, '/fhir/Questionnaire', form);
  expect(made.status()).toBe(201);
  const id = ((await made.json()) as { id: string }).id;
  const patient = (await signInAs(page, 'patient')).slice('Patient/'.length);
  const doctor = await doctorOf(page, patient);
  const file = (name: string, text: string) => {
    const path = info.outputPath(name);
    writeFileSync(path, text);
    return path;
  };
  await page.setViewportSize(phone);
  await page.goto(`${url}/p/${patient}/forms/${id}`);
  await expect(page.getByText('ne se choisit pas ici (SupplyRequest)')).toBeVisible();
  const field = page.locator('input[type=file]');
  await field.setInputFiles(file('note.txt', 'texte'));
  await expect(page.getByRole('alert')).toContainText('Ce genre de fichier');
  await field.setInputFiles(file('grand.pdf', `%PDF-1.4\n${'x'.repeat(600_000)}`));
  await expect(page.getByRole('alert')).toContainText('dépasse 0.5 Mo');
  await page.getByRole('button', { name: 'Envoyer' }).click();
  await expect(page.locator('.form-summary')).toContainText('Photo ou lettre');
  await field.setInputFiles(file('Plaie.pdf', '%PDF-1.4\nplaie'));
  await expect(page.locator('.chosen-file')).toContainText('Plaie.pdf');
  await expect(page.getByLabel('Votre médecin').locator(`option[value="Practitioner/${doctor}"]`)).toBeAttached();
  await page.getByLabel('Votre médecin').selectOption(`Practitioner/${doctor}`);
  await page.getByLabel('Droite').check();
  await expectAccessible(page);
  await expectLargeTargets(page);
  await expect(page.locator('.kept')).toContainText('Brouillon gardé');
  await page.reload();
  await expect(page.getByLabel('Votre médecin')).toHaveValue(`Practitioner/${doctor}`);
  await page.getByRole('button', { name: 'Envoyer' }).click();
  await expect(page.locator('.form-summary')).toContainText('un brouillon garde les réponses');
  await field.setInputFiles(file('Plaie.pdf', '%PDF-1.4\nplaie'));
  await page.getByRole('button', { name: 'Envoyer' }).click();
  await expect(page.locator('.form-done')).toBeVisible();
  const [response] = (await found<QuestionnaireResponse>(page, `QuestionnaireResponse?patient=${patient}&_count=50`)).filter((each) => each.questionnaire?.includes(mark));
  const answers = response?.item?.flatMap((each) => each.answer ?? []) ?? [];
  expect(answers[0]?.valueAttachment).toMatchObject({ contentType: 'application/pdf', title: 'Plaie.pdf', data: Buffer.from('%PDF-1.4\nplaie').toString('base64') });
  expect(answers[1]?.valueReference?.reference).toBe(`Practitioner/${doctor}`);
  expect(answers[2]?.valueCoding).toEqual({ system: `urn:test:side:${mark}`, code: 'r', display: 'Droite' });

  await page.setViewportSize(desktop);
  await signInAs(page, doctor);
  await page.goto(`${url}/p/${patient}/forms`);
  const row = page.locator('.filled-row').filter({ hasText: title });
  await row.locator('.filled-head').click();
  await expect(row).toContainText(answers[1]?.valueReference?.display ?? 'no name');
  await expectAccessible(page);
  await row.getByRole('button', { name: 'Ouvrir: Plaie.pdf' }).click();
  await expect(page.getByRole('dialog').getByRole('link', { name: /Ouvrir/ })).toBeVisible();
  await expectAccessible(page, '[role=dialog]');
  await page.keyboard.press('Escape');
  await row.getByRole('button', { name: 'Corriger' }).click();
  await expect(page.locator('.chosen-file')).toContainText('Plaie.pdf');
  await page.getByRole('button', { name: 'Enregistrer la correction' }).click();
  await expect(page.locator('.form-done')).toBeVisible();
});

test('a template of a note: written by the administrator, begun with in a consultation', async ({ page }) => {
  const word = `grippe-${mark}`;
  await signInAs(page, 'admin');
  await page.goto(`${url}/admin/texts`);
  const add = page.getByRole('button', { name: 'Nouveau texte' });
  await expect(add).toBeEnabled();
  await add.click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Mot').fill(word);
  await dialog.getByLabel('Genre').selectOption('template');
  await expect(dialog.getByLabel('À qui').locator(`option[value="Practitioner/${user}"]`)).toBeAttached();
  await dialog.getByLabel('À qui').selectOption(`Practitioner/${user}`);
  await dialog.getByRole('button', { name: 'Enregistrer' }).click();
  await expect(dialog.getByRole('alert')).toContainText('Donnez un mot et un texte');
  await dialog.getByLabel('Texte: Motif et plaintes').fill('Fièvre et courbatures chez {given}.');
  await dialog.getByLabel('Texte: Plan').fill('Repos, <boire> & revoir.');
  await dialog.getByRole('button', { name: 'Ajouter une partie' }).click();
  const own = dialog.locator('.template-part').last();
  await own.getByLabel('Titre', { exact: true }).fill('Certificat');
  await own.getByRole('textbox').last().fill('3 jours.');
  await expectAccessible(page, '[role=dialog]');
  await dialog.getByRole('button', { name: 'Enregistrer' }).click();
  const row = page.getByRole('row', { name: new RegExp(word) });
  await expect(row).toContainText('Repos, <boire> & revoir.');
  await row.getByRole('button', { name: `Modifier: ${word}` }).click();
  await expect(dialog.getByLabel('Titre', { exact: true })).toHaveValue('Certificat');
  await dialog.getByLabel('Texte: Plan').fill('Repos, <boire> & revoir dans 3 jours.');
  await dialog.getByRole('button', { name: 'Enregistrer' }).click();
  await expect(row).toContainText('dans 3 jours');
  const kept = (await found<Library>(page, 'Library?_count=1000')).filter((each) => each.title === word);
  expect(kept).toHaveLength(1);

  await signInAs(page, user);
  const [patient] = await found<Patient>(page, 'Patient?_count=1');
  await page.goto(`${url}/p/${patient?.id}/consult`);
  const story = page.getByLabel('Motif et plaintes');
  await expect(story).toBeFocused();
  await page.keyboard.type('Depuis hier.');
  await page.getByRole('button', { name: 'Modèles' }).click();
  await page.getByRole('menuitem', { name: word }).click();
  await expect(story).toHaveValue(new RegExp(`^Depuis hier\\.\\nFièvre et courbatures chez ${patient?.name?.[0]?.given?.[0]}\\.$`));
  await expect(page.getByLabel('Plan')).toHaveValue('Repos, <boire> & revoir dans 3 jours.\n\nCertificat\n3 jours.');
  await expect(page.getByRole('menu')).toHaveCount(0); // a menu that still fades lacks its items
  await expectAccessible(page);
  /* And by its word. */
  await page.getByLabel('Examen').fill('');
  await page.getByLabel('Examen').pressSequentially(`Gorge rouge. /${word}`);
  await page.keyboard.press('Tab');
  await expect(page.getByLabel('Examen')).toHaveValue('Gorge rouge.');
  await expect(page.getByLabel('Plan')).toHaveValue(/3 jours\.\nRepos/);
  for (const label of ['Motif et plaintes', 'Examen', 'Plan']) await page.getByLabel(label).fill('');
  await expect(page.getByText('Enregistré', { exact: true })).toBeVisible();
});

test('a calendar elsewhere: its address, whom it names, its end', async ({ page }) => {
  const allow = async (words: string) => {
    await signInAs(page, 'admin');
    await page.goto(`${url}/admin/hours`);
    const roles = page.getByLabel('Personne', { exact: true });
    await expect(roles).toBeVisible();
    const [role] = await found<FhirResource>(page, `PractitionerRole?practitioner=${user}&_count=1`);
    await roles.selectOption(role?.id ?? '');
    await page.getByLabel('Agenda de cette personne dans un autre programme').selectOption(words);
    await expect(page.locator('.toast')).toContainText('Enregistré');
  };
  await allow('none');
  await signInAs(page, user);
  await page.goto(`${url}/account`);
  const panel = page.getByRole('region', { name: 'Mon agenda ailleurs' });
  await expect(panel).toContainText('Elle ne nomme aucun patient');
  await panel.getByRole('button', { name: 'Créer une adresse' }).click();
  await expect(panel).toContainText('Une adresse est active');
  const address = async () => new URL(await panel.getByLabel('Adresse à coller dans votre agenda').inputValue()).pathname;
  const feed = async (path: string) => page.request.get(url + path);
  const first = await address();
  const before = await (await feed(first)).text();
  expect(before).toContain('BEGIN:VCALENDAR');
  await expectAccessible(page);
  await expectLargeTargets(page);
  await allow('full');
  await signInAs(page, user);
  await page.goto(`${url}/account`);
  await expect(panel).toContainText('sans aucun nom');
  await panel.getByLabel('Ce qu’elle dit des patients').selectOption('full');
  await panel.getByRole('button', { name: 'Créer une nouvelle adresse' }).click();
  await expect(panel).toContainText('aussi le nom des patients');
  const second = await address();
  expect((await feed(first)).status()).toBe(404);
  const after = await (await feed(second)).text();
  expect(after.length).toBeGreaterThan(before.length);
  await panel.getByRole('button', { name: 'Arrêter' }).click();
  await expect(panel).toContainText('Aucune adresse n’est active');
  expect((await feed(second)).status()).toBe(404);
  await allow('none');
});

test('what a secretary may not change is not there', async ({ page }) => {
  await signInAs(page, 'martine.boland');
  await page.goto(url);
  const rail = page.getByRole('navigation', { name: 'Navigation principale' });
  await expect(rail.getByRole('link', { name: 'Agenda' })).toBeVisible();
  await expect(rail.getByRole('link', { name: 'Gestion' })).toHaveCount(0);
  /* Of what is clinical nothing is said, not even that there is none. */
  const [patient] = await found<Patient>(page, 'Patient?_count=1');
  await page.goto(`${url}/p/${patient?.id}`);
  await expect(page.locator('.summary .panel').first()).toBeVisible();
  await expect(page.locator('.banner')).not.toContainText('Allergies');
  for (const title of ['Problèmes', 'Médicaments', 'Allergies', 'Derniers paramètres', 'Derniers résultats']) await expect(page.getByRole('region', { name: title })).toHaveCount(0);
  await expectAccessible(page);
  await page.goto(`${url}/admin/hours`);
  await expect(page.getByRole('heading', { level: 1, name: 'Cette page n’existe pas' })).toBeVisible();
  await expectAccessible(page);
});

test('who looked: the patient and the auditor see it, others have no way there', async ({ page, browser }) => {
  const patient = (await signInAs(page, 'patient')).slice('Patient/'.length);
  const doctor = await doctorOf(page, patient);
  const other = await browser.newPage({ ignoreHTTPSErrors: true, locale: 'fr-BE' });
  await signInAs(other, doctor);
  await other.goto(`${url}/p/${patient}`);
  await expect(other.locator('.banner h1')).toBeVisible();
  await expect(other.getByRole('link', { name: 'Qui a consulté' })).toHaveCount(0);
  const family = (await found<Practitioner>(other, `Practitioner?_id=${doctor}`))[0]?.name?.[0]?.family ?? 'nobody';
  await other.close();
  await page.setViewportSize(phone);
  await page.goto(url);
  await page.getByRole('link', { name: /Qui a consulté/ }).last().click();
  await expect(page.locator('.table-looked tbody tr').first()).toContainText(family);
  await expectAccessible(page);
  await expectLargeTargets(page);
  await page.setViewportSize(desktop);
  await signInAs(page, 'auditor');
  await page.goto(`${url}/p/${patient}/looked`);
  await expect(page.locator('.table-looked tbody tr').first()).toBeVisible();
  await expectAccessible(page);
  await signInAs(page, 'admin');
  await page.goto(url);
  await expect(page.getByRole('link', { name: 'Journal' })).toHaveCount(0);
  await expect(page.getByRole('link', { name: 'Patients' })).toHaveCount(0);
});

test('a result that is scanned says which examination it is', async ({ page }, info) => {
  await signInAs(page, 'patient');
  const patient = ((await (await page.request.get(`${url}/auth/session`)).json()) as { reference: string }).reference.slice('Patient/'.length);
  const doctor = await doctorOf(page, patient);
  await signInAs(page, 'admin');
  const set = { resourceType: 'ValueSet', url: 'urn:aceso:examinations', status: 'active', compose: { include: [{ system: 'urn:test:examinations', concept: [{ code: 'ecg', display: 'Électrocardiogramme' }] }] } };
  if ((await found(page, 'ValueSet?url=urn:aceso:examinations')).length === 0) expect((await post(page, '/fhir/ValueSet', set)).status()).toBe(201);
  await signInAs(page, doctor);
  await page.goto(`${url}/p/${patient}/documents`);
  const path = info.outputPath(`ECG_${mark}.pdf`);
  writeFileSync(path, '%PDF-1.4\n');
  await page.locator('.drop input[type=file]').first().setInputFiles(path);
  await page.getByLabel('Genre').selectOption('result');
  await page.getByLabel('Quel examen ? (facultatif)').selectOption({ label: 'Électrocardiogramme' });
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Ajouter au dossier' }).click();
  await expect(page.locator('.sending-done')).toHaveCount(1);
  await expect(page.locator('tbody tr').filter({ hasText: `ECG ${mark}` }).first()).toContainText('Électrocardiogramme');
  const [document] = (await found<DocumentReference>(page, `DocumentReference?patient=${patient}&_count=200`)).filter((each) => each.description === `ECG ${mark}`);
  expect(document?.context?.event?.[0]?.coding?.[0]).toMatchObject({ system: 'urn:test:examinations', code: 'ecg' });
});
