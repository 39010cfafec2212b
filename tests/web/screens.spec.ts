/* Screens that two people use together, against the real server with made-up patients: duplicates,
 * forms, documents on their way up, messages, and what a patient decides at home. */
import { writeFileSync } from 'node:fs';
import type { Bundle, CareTeam, FhirResource, Patient } from '../../web/node_modules/@types/fhir/r4';
import { expect, expectAccessible, expectLargeTargets, test, type Page } from './harness';

const url = (process.env.ACESO_URL ?? '').replace(/\/$/, '');
const user = process.env.ACESO_USER ?? '';
const password = process.env.ACESO_PASSWORD ?? '';
const phone = { width: 390, height: 844 };

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

async function made(page: Page, resource: FhirResource): Promise<string> {
  const answer = await post(page, `/fhir/${resource.resourceType}`, resource);
  expect(answer.status(), resource.resourceType).toBe(201);
  return ((await answer.json()) as { id: string }).id;
}

/* The patient with an account, and the doctor who has a link with him: his account is his id. */
async function patientAndDoctor(page: Page): Promise<[string, string]> {
  const patient = (await signInAs(page, 'patient')).replace('Patient/', '');
  const links = await found<CareTeam>(page, `CareTeam?patient=${patient}&status=active`);
  const doctor = links.flatMap((each) => each.participant ?? []).map((each) => each.member?.reference ?? '').find((each) => each.startsWith('Practitioner/'));
  expect(doctor, 'somebody cares for the patient').toBeDefined();
  return [patient, (doctor ?? '').replace('Practitioner/', '')];
}

const parameters = (values: Record<string, string>) => ({ resourceType: 'Parameters', parameter: Object.entries(values).map(([name, valueString]) => ({ name, valueString })) });

test('two records of one person: compared, merged, and apart again', async ({ page }) => {
  await signInAs(page, user);
  const known = await found<Patient>(page, 'Patient?active=true&_count=20');
  const first = known.find((each) => each.identifier?.some((one) => /^\d{11}$/.test(one.value ?? '')));
  const number = first?.identifier?.map((each) => each.value ?? '').find((each) => /^\d{11}$/.test(each)) ?? '';
  const copy: Patient = { resourceType: 'Patient', active: true, name: first?.name ?? [], birthDate: first?.birthDate ?? '', gender: first?.gender ?? 'unknown', telecom: [{ system: 'phone', value: '0470 11 22 33' }] };
  const twin = await made(page, copy);
  expect((await post(page, `/fhir/Patient/${twin}/$link`, parameters({ kind: 'contact', evidence: 'at the desk' }))).status()).toBe(201);
  await page.goto(`${url}/p/${twin}`);
  await page.locator('.chart-notice a').click();
  const other = page.locator('.twin').filter({ hasText: number.replace(/^(\d\d)(\d\d)(\d\d)(\d{3})(\d\d)$/, '$1.$2.$3-$4.$5') });
  await expect(other).toContainText('identique');
  await expectAccessible(page);
  await other.getByRole('button').click();
  await page.locator('input[name=kept]').nth(1).check();
  await expect(page.locator('.differs')).toContainText('0470 11 22 33');
  await expect(page.locator('.happens .warn')).toContainText('Téléphone');
  await expectAccessible(page);
  await expectLargeTargets(page);
  await page.getByRole('button', { name: /^Réunir dans/ }).click();
  await expect(page).toHaveURL(`${url}/p/${first?.id}/duplicates`);
  const merged = page.locator('.rows li').filter({ has: page.locator(`a[href="/p/${twin}"]`) });
  await expect(merged).toContainText(/réuni le \d\d\/\d\d\/\d{4} \d\d:\d\d/);
  await page.goto(`${url}/p/${twin}`);
  await expect(page.locator('.chart-notice')).toContainText('réuni avec un autre');
  await page.locator('.chart-notice a').click();
  await page.getByRole('link', { name: 'Doublons' }).click();
  await merged.getByRole('button').click();
  await expect(page.locator('.toast')).toContainText('de nouveau séparés');
  await expect(merged).toHaveCount(0);
});

const number = (type: 'minValue' | 'maxValue', valueInteger: number) => ({ url: `http://hl7.org/fhir/StructureDefinition/${type}`, valueInteger });
const option = (code: string, display: string) => ({ valueCoding: { system: 'urn:test', code, display } });

const form = {
  resourceType: 'Questionnaire',
  url: `urn:test:form:${Date.now()}`,
  version: '1',
  status: 'active',
  title: `Avant la visite ${Date.now()}`,
  subjectType: ['Patient'],
  item: [
    {
      linkId: 'health',
      type: 'group',
      text: 'Votre santé',
      item: [
        { linkId: 'smoke', type: 'boolean', text: 'Fumez-vous ?', required: true },
        { linkId: 'much', type: 'integer', text: 'Combien par jour ?', required: true, enableWhen: [{ question: 'smoke', operator: '=', answerBoolean: true }], extension: [number('minValue', 1), number('maxValue', 100)] },
        {
          linkId: 'weight',
          type: 'quantity',
          text: 'Votre poids',
          code: [{ system: 'http://loinc.org', code: '29463-7', display: 'Body weight' }],
          extension: [
            { url: 'http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-observationExtract', valueBoolean: true },
            { url: 'http://hl7.org/fhir/StructureDefinition/questionnaire-unit', valueCoding: { system: 'http://unitsofmeasure.org', code: 'kg', display: 'kg' } },
          ],
        },
        { linkId: 'where', type: 'choice', repeats: true, text: 'Où avez-vous mal ?', answerOption: [option('back', 'Dos'), option('knee', 'Genou')] },
        { linkId: 'work', type: 'open-choice', text: 'Votre travail', answerOption: [option('office', 'Au bureau')] },
        { linkId: 'since', type: 'date', text: 'Depuis quand ?' },
        { linkId: 'last', type: 'dateTime', text: 'Dernier antidouleur' },
        { linkId: 'home', type: 'string', text: 'Langue à la maison', initial: [{ valueString: 'français' }] },
      ],
    },
  ],
} as unknown as FhirResource;

test('a form is asked for, filled in on a telephone, kept over a reload, and corrected', async ({ page }) => {
  await signInAs(page, 'admin');
  await made(page, form);
  const title = (form as { title: string }).title;
  const [patient, doctor] = await patientAndDoctor(page);
  await signInAs(page, doctor);
  await page.goto(`${url}/p/${patient}/forms`);
  await page.getByRole('button', { name: `Demander au patient: ${title}` }).click();
  await expect(page.locator('.rows li').filter({ hasText: title })).toContainText('demandé le');
  await expectAccessible(page);

  await page.setViewportSize(phone);
  await signInAs(page, 'patient');
  await page.goto(url);
  await page.getByRole('button', { name: `Remplir: ${title}` }).click();
  await page.getByRole('button', { name: 'Envoyer' }).click();
  await expect(page.locator('.form-summary')).toBeFocused();
  await expect(page.locator('.form-summary')).toContainText('Fumez-vous');
  await expectAccessible(page);
  await expectLargeTargets(page);
  await expect(page.getByLabel(/Combien/)).toHaveCount(0);
  await page.getByLabel('Oui').check();
  await page.getByLabel(/Combien/).fill('0');
  await expect(page.locator('.form-summary')).toContainText('Au moins 1');
  await page.getByLabel(/Combien/).fill('10');
  await page.getByLabel(/poids/).fill('62,5');
  await page.getByLabel('Dos').check();
  await page.getByLabel('Genou').check();
  await page.getByLabel('Autre', { exact: true }).check();
  await page.getByLabel('Précisez').fill('Jardinière');
  await page.getByLabel(/Dernier antidouleur/).fill('01/11/2026');
  await page.getByLabel('Heure').fill('8h05');
  await expect(page.locator('.kept')).toContainText('Brouillon gardé');
  await page.reload();
  await expect(page.getByLabel('Précisez')).toHaveValue('Jardinière');
  await page.getByRole('button', { name: 'Envoyer' }).click();
  await expect(page.locator('.form-done')).toContainText('62,5');
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Accueil' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Bonjour');
  await expect(page.getByRole('button', { name: `Remplir: ${title}` })).toHaveCount(0);

  await page.setViewportSize({ width: 1280, height: 800 });
  await signInAs(page, doctor);
  await page.goto(`${url}/p/${patient}/forms`);
  const row = page.locator('.filled-row').filter({ hasText: title });
  await row.locator('.filled-head').click();
  await expect(row).toContainText('Dos, Genou');
  await expect(row).toContainText('01/11/2026 08:05');
  await expectAccessible(page);
  await row.getByRole('button', { name: 'Corriger' }).click();
  await expect(page.getByLabel('Précisez')).toHaveValue('Jardinière');
  await page.getByLabel(/poids/).fill('63');
  await page.getByRole('button', { name: 'Enregistrer la correction' }).click();
  await expect(page.locator('.form-done')).toContainText('63');
});

test('documents go up: one arrives, one is not what it says, one is cut and tried again', async ({ page }, info) => {
  const [patient, doctor] = await patientAndDoctor(page);
  await signInAs(page, doctor);
  const file = (name: string, text: string) => {
    const path = info.outputPath(name);
    writeFileSync(path, text);
    return path;
  };
  await page.goto(`${url}/p/${patient}/documents`);
  const field = page.locator('.drop input[type=file]').first();
  await field.setInputFiles([file('Lettre_du_cardiologue.pdf', `%PDF-1.4\n${'x'.repeat(50_000)}`), file('Faux.pdf', '<html>')]);
  await expect(page.getByLabel('Titre')).toHaveValue('Lettre du cardiologue');
  await expectAccessible(page);
  await expectLargeTargets(page);
  await page.getByRole('button', { name: 'Ajouter au dossier' }).click();
  await expect(page.locator('.sending-done')).toHaveCount(1);
  await page.getByRole('button', { name: 'Ajouter au dossier' }).click();
  await expect(page.locator('.sending-failed')).toContainText('Ce genre de fichier');
  await expect(page.locator('tbody tr').filter({ hasText: 'Lettre du cardiologue' }).first()).toContainText('Ouvrir');
  await page.route('**/fhir/Binary', (route) => route.abort());
  await field.setInputFiles(file('Radio.pdf', '%PDF-1.4\n'));
  await page.getByRole('button', { name: 'Ajouter au dossier' }).click();
  await expect(page.locator('.sending-failed').filter({ hasText: 'Radio' })).toContainText('connexion');
  await expectAccessible(page);
  await page.unroute('**/fhir/Binary');
  await page.getByRole('button', { name: 'Réessayer: Radio' }).click();
  await expect(page.locator('.sending-done')).toHaveCount(2);
  await page.reload();
  await expect(page.locator('tbody tr').filter({ hasText: 'Radio' }).first()).toContainText('Ouvrir');
  await expect(page.locator('tbody tr').filter({ hasText: 'Faux' })).toHaveCount(0);
});

test('a patient writes, the doctor answers in the inbox, the answer is there', async ({ page }) => {
  const topic = `Genou ${Date.now()}`;
  const [, doctor] = await patientAndDoctor(page);
  await page.setViewportSize(phone);
  await page.goto(`${url}/messages/new`);
  await page.getByLabel('À', { exact: true }).selectOption(`Practitioner/${doctor}`);
  await page.getByLabel('Sujet (facultatif)').fill(topic);
  await page.getByLabel('Message', { exact: true }).fill('Dois-je revenir ?');
  await expectAccessible(page);
  await expectLargeTargets(page);
  await page.getByRole('button', { name: 'Envoyer' }).click();
  await expect(page.getByRole('heading', { level: 1, name: topic })).toBeVisible();
  await expect(page.locator('.bubble')).toHaveCount(1);

  await page.setViewportSize({ width: 1280, height: 800 });
  await signInAs(page, doctor);
  await page.goto(`${url}/inbox`);
  await page.locator('.inbox-row').filter({ hasText: topic }).click();
  await expect(page.locator('.bubble')).toContainText('Dois-je revenir');
  await expectAccessible(page);
  await page.getByLabel(/^Répondre à/).fill('Oui, demain à 9 h.');
  await page.getByRole('button', { name: 'Envoyer' }).click();
  await expect(page.locator('.bubble-own')).toContainText('demain');

  await page.setViewportSize(phone);
  await signInAs(page, 'patient');
  await page.goto(`${url}/messages`);
  const letter = page.locator('.letter').filter({ hasText: topic });
  await expect(letter).toContainText('nouveau');
  await expectAccessible(page);
  await letter.click();
  await expect(page.locator('.bubble')).toHaveCount(2);
  await page.getByRole('link', { name: 'Tous les messages' }).click();
  await expect(letter).not.toContainText('nouveau');
});

test('at home: somebody excluded and let in again, an hour booked, moved and cancelled', async ({ page }) => {
  await page.setViewportSize(phone);
  await signInAs(page, 'patient');
  await page.goto(`${url}/consents`);
  await page.getByRole('button', { name: 'Exclure' }).click();
  await page.getByRole('button', { name: /^Réadmettre/ }).first().click();
  await expect(page.getByRole('button', { name: /^Réadmettre/ })).toHaveCount(0);
  await page.goto(`${url}/book`);
  const times = page.locator('.time');
  /* What is within a day is not moved nor cancelled any more. */
  const lookAhead = async () => {
    for (let pages = 0; pages < 2; pages++) {
      const first = page.locator('.door-day').first();
      const day = (await first.getAttribute('aria-label')) ?? '';
      await page.getByRole('button', { name: 'Jours suivants' }).click();
      await expect(first).not.toHaveAttribute('aria-label', day);
    }
  };
  await lookAhead();
  await times.nth(4).click();
  await page.getByRole('button', { name: 'Confirmer' }).click();
  await page.getByRole('button', { name: 'Mes rendez-vous' }).click();
  await page.getByRole('button', { name: /^Déplacer/ }).first().click();
  await expect(page.locator('.ticket')).toContainText('Vous déplacez');
  await expectAccessible(page);
  await lookAhead();
  await times.nth(8).click();
  await page.getByRole('button', { name: 'Confirmer' }).click();
  await page.getByRole('button', { name: 'Mes rendez-vous' }).click();
  await expect(page.locator('.coming')).toHaveCount(1);
  await page.getByRole('button', { name: /^Annuler/ }).first().click();
  await page.getByRole('button', { name: 'Oui, annuler' }).click();
  await expect(page.locator('.coming')).toHaveCount(0);
});
