/* A record that a doctor has nothing to do with, on the real server where everybody has a second
 * factor: what the search says, the form, the broken glass, its end, and what the patient and the
 * auditor see of it. */
import type { Page as Tab } from '../../web/node_modules/@playwright/test/index.mjs';
import type { Bundle, CareTeam, FhirResource, Patient, PractitionerRole } from '../../web/node_modules/@types/fhir/r4';
import { codeOf, expect, expectAccessible, expectLargeTargets, nextCode, test, type Page } from './harness';

const url = (process.env.ACESO_URL ?? '').replace(/\/$/, '');
const password = process.env.ACESO_PASSWORD ?? '';
const shots = process.env.ACESO_SHOTS ?? '';
const phone = { width: 390, height: 844 };
const desktop = { width: 1440, height: 900 };

async function shot(page: Page, name: string): Promise<void> {
  if (!shots) return;
  for (const [size, kind] of [[desktop, ''], [phone, '-phone']] as const) {
    await page.setViewportSize(size);
    await page.screenshot({ path: `${shots}/real-${name}${kind}.png` });
  }
  await page.setViewportSize(desktop);
}

const post = (page: Page, path: string, data?: object) =>
  page.request.post(url + path, { data, headers: { 'Origin': new URL(url).origin, 'Content-Type': path.startsWith('/fhir/') ? 'application/fhir+json' : 'application/json' } });

async function found<T extends FhirResource>(page: Page, query: string): Promise<T[]> {
  const answer = await page.request.get(`${url}/fhir/${query}`);
  expect(answer.status(), query).toBe(200);
  return ((await answer.json()) as Bundle<T>).entry?.flatMap((each) => each.resource ?? []) ?? [];
}

const parameters = (values: Record<string, string>) => ({ resourceType: 'Parameters', parameter: Object.entries(values).map(([name, valueString]) => ({ name, valueString })) });

interface Person {
  page: Tab;
  reference: string;
  secret: string;
}

/* Somebody of the demo in a browser of his own, with an app for codes. */
async function enter(open: () => Promise<Tab>, user: string): Promise<Person> {
  const page = await open();
  const session = (await (await post(page, '/auth/sign-in', { user, password })).json()) as { reference: string | null; next?: string };
  expect(session.next, `${user} was never here`).toBe('enrol');
  const begun = (await (await post(page, '/auth/totp/begin')).json()) as { ticket: string; secret: string };
  expect((await post(page, '/auth/totp', { ticket: begun.ticket, code: codeOf(begun.secret) })).status()).toBe(200);
  return { page, reference: session.reference ?? '', secret: begun.secret };
}

/* A doctor of a centre that has no link with the patient; who has one is asked for by the patient. */
async function strangerTo({ page, reference }: Person): Promise<string> {
  const links = await found<CareTeam>(page, `CareTeam?patient=${reference}&status=active`);
  const near = new Set(links.flatMap((each) => each.participant ?? []).map((each) => each.member?.reference));
  const roles = await found<PractitionerRole>(page, 'PractitionerRole?_count=200');
  const far = roles.filter((each) => !near.has(each.organization?.reference) && !near.has(each.practitioner?.reference));
  const doctor = far.find((each) => each.code?.some((one) => one.text === 'Médecin généraliste'));
  return (doctor?.practitioner?.reference ?? '').slice('Practitioner/'.length);
}

const bar = (page: Page) => page.getByRole('region', { name: 'Dossier ouvert en urgence' });
const heading = (page: Page) => page.getByRole('heading', { level: 1 });
const reason = 'Trouvé inconscient sur la voie publique';

async function follow(page: Page, number: string): Promise<void> {
  await page.goto(`${url}/patients`);
  await page.getByRole('combobox').fill(number);
  await expect(page.getByText('Aucun patient trouvé').last()).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('link', { name: 'Un patient que vous ne suivez pas encore' }).click();
  await expect(page.getByRole('textbox', { name: 'Numéro national' })).toBeFocused();
}

/* As five minutes later: the server's first refusal is made up, what follows is not. */
async function openAndProve({ page, secret }: Person): Promise<void> {
  await page.route('**/$break-glass', (route) => route.fulfill({ status: 403, headers: { 'Aceso-Needs': 'step-up' }, body: '{}' }), { times: 1 });
  await page.getByRole('button', { name: 'Ouvrir en urgence' }).click();
  const dialog = page.getByRole('dialog', { name: 'Confirmez que c’est vous' });
  await expect(dialog).toBeVisible();
  await expectAccessible(page);
  await shot(page, 'step-up');
  await dialog.locator('input[name=code]').fill(await nextCode(page, secret));
  await page.keyboard.press('Enter');
}

test('a glass is broken, seen by everybody whom it concerns, and looked over', async ({ browser }) => {
  test.setTimeout(300_000);
  const open = async () => (await browser.newContext({ ignoreHTTPSErrors: true, locale: 'fr-BE', viewport: desktop })).newPage();
  const patient = await enter(open, 'patient');
  const id = patient.reference.slice('Patient/'.length);
  const [person] = await found<Patient>(patient.page, `Patient?_id=${id}`);
  const number = person?.identifier?.map((each) => each.value ?? '').find((each) => /^\d{11}$/.test(each)) ?? '';
  const family = person?.name?.[0]?.family ?? '';
  const user = await strangerTo(patient);
  expect(user, 'a doctor who has nothing to do with the patient').not.toBe('');
  const doctor = await enter(open, user);
  const { page } = doctor;

  await test.step('nothing is found, and what is wrong is not told', async () => {
    await follow(page, number);
    await page.getByRole('textbox', { name: 'Numéro national' }).fill('85073003328');
    await page.getByRole('button', { name: 'Ouvrir le dossier' }).click();
    await expect(page.getByRole('alert')).toContainText('ne désignent pas un patient');
    await shot(page, 'nobody');
  });

  await test.step('the emergency, with a proof in place', async () => {
    await page.getByRole('textbox', { name: 'Numéro national' }).fill(number);
    await page.getByRole('radio', { name: 'C’est une urgence' }).check();
    await page.getByLabel('Ce qui se passe').selectOption('unconscious');
    await page.getByLabel('Pourquoi faut-il ouvrir maintenant ?').fill(reason);
    await expectAccessible(page);
    await expectLargeTargets(page);
    await shot(page, 'form');
    expect((await page.request.get(`${url}/fhir/Patient/${id}`)).status()).toBe(404);
    await openAndProve(doctor);
    await expect(page).toHaveURL(`${url}/p/${id}`);
    await expect(heading(page)).toContainText(family);
  });

  await test.step('red on every page, and after a reload', async () => {
    for (const section of ['', '/timeline', '/notes', '/results', '/medicines', '/consult']) {
      await page.goto(`${url}/p/${id}${section}`);
      await expect(bar(page), section).toContainText(/jusqu’à \d\d:\d\d encore 4 h 00/);
      await expect(bar(page)).toContainText(`Le patient est inconscient : ${reason}`);
    }
    await page.goto(`${url}/p/${id}`);
    await expect(page.locator('.summary')).toBeVisible();
    await page.waitForLoadState('networkidle');
    await expectAccessible(page);
    await expectLargeTargets(page);
    await shot(page, 'bar');
  });

  await test.step('it ends', async () => {
    await page.getByRole('button', { name: 'Terminer maintenant' }).click();
    await expect(page).toHaveURL(`${url}/patients`);
    expect((await page.request.get(`${url}/fhir/Patient/${id}`)).status()).toBe(404);
    await page.getByRole('combobox').fill(number);
    await expect(page.getByText('Aucun patient trouvé').last()).toBeVisible();
    await page.goto(`${url}/p/${id}`);
    await expect(page.locator('[data-failure=notFound]')).toBeVisible();
  });

  await test.step('a link by name, whatever its case, and a glass within it that ends alone', async () => {
    await follow(page, number);
    await page.getByRole('radio', { name: 'Nom et naissance' }).check();
    await page.getByLabel('Nom', { exact: true }).fill(family.toUpperCase());
    await page.getByLabel('Un de ses prénoms').fill((person?.name?.[0]?.given?.[0] ?? '').toLowerCase());
    await page.getByLabel('Date de naissance').fill((person?.birthDate ?? '').split('-').reverse().join('/'));
    await page.getByLabel('Sexe').selectOption(person?.gender ?? '');
    await page.getByRole('button', { name: 'Ouvrir le dossier' }).click();
    await expect(heading(page)).toContainText(family);
    await expect(bar(page)).toHaveCount(0);
    await page.getByRole('link', { name: 'Ouvrir en urgence' }).click();
    await page.getByLabel('Ce qui se passe').selectOption('patient-asks');
    await page.getByLabel('Pourquoi faut-il ouvrir maintenant ?').fill('Il le demande');
    await shot(page, 'here');
    await page.getByRole('button', { name: 'Ouvrir en urgence' }).click();
    await expect(bar(page)).toContainText('Il le demande');
    await page.getByRole('button', { name: 'Terminer maintenant' }).click();
    await expect(page).toHaveURL(`${url}/patients`);
    await page.goto(`${url}/p/${id}`);
    await expect(heading(page)).toContainText(family);
    await expect(bar(page)).toHaveCount(0);
  });

  await test.step('the patient sees who, when and why', async () => {
    await patient.page.goto(`${url}/p/${id}/looked`);
    const opened = patient.page.locator('.glass-openings li');
    await expect(opened).toHaveCount(2);
    await expect(opened.last()).toContainText(`Le patient est inconscient : ${reason}`);
    await expect(opened.last()).toContainText('à contrôler');
    await expect(opened.last().locator('strong')).not.toBeEmpty();
    await expect(patient.page.locator('.table-looked')).toContainText('a ouvert votre dossier en urgence');
    await expect(patient.page.locator('.table-looked')).toContainText('a noté qu’il prend part à vos soins');
    await expectAccessible(patient.page);
    await shot(patient.page, 'patient');
  });

  await test.step('the patient ends the link of his own accord, and shuts the doctor out', async () => {
    await patient.page.goto(`${url}/consents`);
    const carers = patient.page.getByRole('region', { name: 'Qui me suit' });
    const name = (await page.getByRole('button', { name: /Mon compte/ }).locator('.hidden').textContent())?.replace('Mon compte: ', '') ?? '?';
    const mine = carers.getByRole('listitem').filter({ hasText: name });
    await expect(mine).toContainText('Contact ponctuel, jusqu’au');
    await expectAccessible(patient.page);
    await expectLargeTargets(patient.page);
    await shot(patient.page, 'carers');
    await mine.getByRole('button').click();
    await expect(mine).toHaveCount(0);
    expect((await page.request.get(`${url}/fhir/Patient/${id}`)).status()).toBe(404);
    expect((await post(patient.page, `/fhir/Patient/${id}/$block`, parameters({ actor: doctor.reference }))).status()).toBe(201);
    await follow(page, number);
    await page.getByRole('textbox', { name: 'Numéro national' }).fill(number);
    await page.getByRole('button', { name: 'Ouvrir le dossier' }).click();
    await expect(page.getByRole('alert')).toContainText('ne désignent pas un patient');
  });

  await test.step('the auditor looks it over', async () => {
    const auditor = await enter(open, 'auditor');
    await auditor.page.goto(`${url}/admin/reviews`);
    const review = auditor.page.locator('.review').filter({ hasText: reason });
    await expect(review).toContainText(family, { ignoreCase: true });
    await expect(review).not.toContainText('Practitioner/');
    await review.getByText('Ce qui a été ouvert').click();
    await expect(review).toContainText(/\d+ accès/);
    await expectAccessible(auditor.page);
    await shot(auditor.page, 'reviews');
    await review.getByLabel(/^Remarque/).fill('Confirmé par le rapport du SMUR');
    await review.getByRole('button', { name: /^En ordre/ }).click();
    await expect(review).toHaveCount(0);
    await patient.page.goto(`${url}/p/${id}/looked`);
    const opened = patient.page.locator('.glass-openings li').last();
    await expect(opened).toContainText('contrôlé');
    await expect(opened).toContainText('Confirmé par le rapport du SMUR');
    await auditor.page.close();
  });

  await test.step('the reception has no such way, and is refused', async () => {
    const desk = await enter(open, 'martine.boland');
    await desk.page.goto(`${url}/patients`);
    await desk.page.getByRole('combobox').fill('zzyzx');
    await expect(desk.page.getByText('Aucun patient trouvé').last()).toBeVisible();
    await expect(desk.page.getByRole('link', { name: 'Un patient que vous ne suivez pas encore' })).toHaveCount(0);
    for (const each of [desk, patient]) {
      const answer = await post(each.page, `/fhir/Patient/${id}/$break-glass`, parameters({ code: 'other', reason: 'x' }));
      expect(answer.status()).toBe(403);
      expect(answer.headers()['aceso-needs']).toBeUndefined();
    }
    await desk.page.close();
  });
  for (const each of [doctor, patient]) await each.page.close();
});
