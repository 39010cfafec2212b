/* The app against the real server with made-up patients: what a user does from signing in to
 * signing out. Who the patients are is asked of the server itself, never written here. */
import type { APIRequestContext } from '../../web/node_modules/@playwright/test/index.mjs';
import type { Bundle, DocumentReference, FhirResource, Observation, Patient } from '../../web/node_modules/@types/fhir/r4';
import { expect, expectAccessible, expectLargeTargets, fillSignIn, test, type Page } from './harness';

const url = (process.env.ACESO_URL ?? '').replace(/\/$/, '');
const user = process.env.ACESO_USER ?? '';
const password = process.env.ACESO_PASSWORD ?? '';

const familyOf = (patient: Patient) => patient.name?.[0]?.family ?? '';
const givenOf = (patient: Patient) => patient.name?.[0]?.given?.[0] ?? '';
const numberOf = (patient: Patient) => patient.identifier?.map((each) => each.value ?? '').find((each) => /^\d{11}$/.test(each)) ?? '';
const written = (date = '') => date.slice(0, 10).split('-').reverse().join('/');
const heading = (page: Page) => page.getByRole('heading', { level: 1 });
const post = (page: Page, path: string, data?: object) => page.request.post(url + path, { data, headers: { Origin: new URL(url).origin } });

async function found<T extends FhirResource>(request: APIRequestContext, query: string): Promise<T[]> {
  const answer = await request.get(`${url}/fhir/${query}`);
  expect(answer.status(), query).toBe(200);
  return ((await answer.json()) as Bundle<T>).entry?.flatMap((each) => each.resource ?? []) ?? [];
}

/* The fullest chart among the newest: what every tab needs is there, or a test says what is not. */
async function patientsWith(page: Page, kind: string): Promise<Patient[]> {
  const holders = await found<Observation>(page.request, `${kind}&_count=1000`);
  const ids = [...new Set(holders.map((each) => each.subject?.reference?.replace('Patient/', '') ?? ''))].slice(0, 2);
  const patients = await Promise.all(ids.map((id) => found<Patient>(page.request, `Patient?_id=${id}`)));
  expect(patients.flat().length, `two patients with ${kind}`).toBe(2);
  return patients.flat();
}

async function withResults(page: Page): Promise<[Patient, Patient]> {
  return (await patientsWith(page, 'Observation?category=laboratory')) as [Patient, Patient];
}

/* Without the form, which has its own test. */
async function signIn(page: Page): Promise<void> {
  expect((await post(page, '/auth/sign-in', { user, password })).status()).toBe(200);
}

async function open(page: Page, patient: Patient, section = ''): Promise<void> {
  await page.goto(`${url}/p/${patient.id}${section}`);
  await expect(heading(page)).toContainText(familyOf(patient));
}

test('a wrong password, then the right one, with the form', async ({ page }) => {
  await page.goto(`${url}/patients`);
  await expect(page.getByRole('heading', { name: 'Connexion' })).toBeVisible();
  await expectAccessible(page);
  await fillSignIn(page, user, 'not the password of anybody');
  await expect(page.locator('[data-trouble=wrong]')).toBeVisible();
  await fillSignIn(page, user, password);
  await expect(page.getByRole('combobox')).toBeFocused();
  await expectAccessible(page);
  await expectLargeTargets(page);
  expect(await page.evaluate(() => JSON.stringify([{ ...sessionStorage }, document.cookie]))).toBe('[{},""]');
});

test('the page comes with the strict policy and the cookie cannot be read', async ({ page }) => {
  await signIn(page);
  const headers = (await page.request.get(url)).headers();
  expect(headers['content-security-policy']).toMatch(/default-src '(none|self)'/);
  expect(headers['content-security-policy']).not.toMatch(/unsafe|\*/);
  expect(headers['x-content-type-options']).toBe('nosniff');
  const [cookie] = await page.context().cookies(url);
  expect(cookie).toMatchObject({ name: '__Host-aceso', httpOnly: true, secure: true, sameSite: 'Strict', path: '/' });
});

test.describe('signed in', () => {
  test.beforeEach(async ({ page }) => signIn(page));

  test('the keyboard alone: slash, three letters, Enter', async ({ page }) => {
    const [patient, other] = await withResults(page);
    await open(page, other);
    await page.keyboard.press('/');
    const field = page.getByRole('combobox');
    await expect(field).toBeFocused();
    const letters = familyOf(patient).slice(0, 3);
    await page.keyboard.type(letters);
    await expect(page.getByRole('status').filter({ hasText: 'Par nom' })).toBeVisible();
    const first = await page.getByRole('option').first().locator('.find-name').evaluate((each) => [...each.childNodes].filter((one) => !(one instanceof Element && one.matches('.tag'))).map((one) => one.textContent).join(''));
    expect(first.toLocaleLowerCase()).toContain(letters.toLocaleLowerCase());
    await page.keyboard.press('Enter');
    await expect(heading(page)).toHaveText(first);
    await expect(field).toHaveCount(0);
  });

  test('the slash pressed in the field of the first page is no text', async ({ page }) => {
    const [patient] = await withResults(page);
    await page.goto(`${url}/patients`);
    const field = page.getByRole('combobox');
    await expect(field).toBeFocused();
    await page.keyboard.press('/');
    await page.keyboard.type(`${familyOf(patient)} ${givenOf(patient)}`);
    await expect(field).toHaveValue(`${familyOf(patient)} ${givenOf(patient)}`);
    await expect(page.getByRole('option').filter({ hasText: givenOf(patient) }).first()).toContainText(familyOf(patient));
  });

  test('by birth date and by national number', async ({ page }) => {
    const [patient] = await withResults(page);
    const number = numberOf(patient);
    expect(number, 'a patient with a national number').not.toBe('');
    await page.goto(`${url}/patients`);
    const field = page.getByRole('combobox');
    await field.fill(written(patient.birthDate));
    await expect(page.getByRole('status').filter({ hasText: 'Par date de naissance' })).toBeVisible();
    await expect(page.getByRole('option').filter({ hasText: givenOf(patient) }).first()).toContainText(familyOf(patient));
    await field.fill(number);
    await expect(page.getByRole('status').filter({ hasText: 'Par numéro national: 1 patient' })).toBeVisible();
    await expect(page.getByRole('option')).toHaveCount(1);
    await expectAccessible(page);
    await field.press('Enter');
    await expect(page).toHaveURL(`${url}/p/${patient.id}`);
  });

  test('by what people say on the telephone: part of a date, a name with it, a number as it is dialled', async ({ page }) => {
    const [patient] = await withResults(page);
    const [year = '', month = ''] = (patient.birthDate ?? '').split('-');
    const phone = patient.telecom?.find((each) => each.system === 'phone')?.value ?? '';
    expect(phone, 'a number with its country').toMatch(/^\+32 /);
    const number = numberOf(patient);
    const own = page.getByRole('option').filter({ hasText: written(patient.birthDate) }).filter({ hasText: familyOf(patient) });
    const says = (text: string) => page.getByRole('status').filter({ hasText: text });
    await page.goto(`${url}/patients`);
    const field = page.getByRole('combobox');
    const dialled = phone.replace('+32 ', '0');
    for (const typed of [dialled, dialled.replaceAll(' ', ''), phone, phone.replaceAll(' ', ''), dialled.replace(' ', '/').replaceAll(' ', '.')]) {
      await field.fill('');
      await field.fill(typed);
      await expect(says('Par téléphone'), typed).toBeVisible();
      await expect(own.locator('mark'), typed).toHaveText(phone);
    }
    for (const typed of [number.slice(0, 6), `${number.slice(0, 2)}.${number.slice(2, 4)}.${number.slice(4, 6)}-${number.slice(6, 8)}`, number.slice(0, 9)]) {
      await field.fill('');
      await field.fill(typed);
      await expect(says('numéro national'), typed).toBeVisible();
      await expect(own.first(), typed).toBeVisible();
    }
    const family = familyOf(patient).slice(0, 4);
    for (const typed of [`${family} ${year}`, `${month}/${year} ${family}`, `${givenOf(patient).slice(0, 3)} ${written(patient.birthDate)} ${family}`]) {
      await field.fill('');
      await field.fill(typed.toUpperCase());
      await expect(says('Par nom et date de naissance'), typed).toBeVisible();
      await expect(own.first(), typed).toBeVisible();
    }
    await expectAccessible(page);
  });

  test('accents do not matter, and a name that nobody has is looked for by its sound', async ({ page }) => {
    const names = (await found<Patient>(page.request, 'Patient?_count=200')).flatMap((each) => each.name?.[0]?.given ?? []);
    const bare = (name: string) => name.normalize('NFD').replace(/\p{M}/gu, '');
    const accented = names.find((each) => bare(each.slice(0, 3)) !== each.slice(0, 3))?.slice(0, 3) ?? '';
    expect(accented, 'somebody with an accent early in the name').not.toBe('');
    const bearers = await found<Patient>(page.request, 'Patient?name=lambert,dupont,simon&_count=1');
    const [bearer] = bearers;
    expect(bearer, 'a common name').toBeDefined();
    await page.goto(`${url}/patients`);
    const field = page.getByRole('combobox');
    await field.fill(bare(accented).toUpperCase());
    await expect(page.getByRole('option').locator('mark').filter({ hasText: accented }).first()).toBeVisible();
    const spoken: Record<string, string> = { Lambert: 'Lamberd', Dupont: 'Duppond', Simon: 'Cimon' };
    const common = [...(bearer?.name?.[0]?.given ?? []), familyOf(bearer as Patient)].find((each) => each in spoken) ?? '';
    await field.fill(spoken[common] ?? '');
    await expect(page.getByRole('status').filter({ hasText: 'se prononcent de la même façon' })).toBeVisible();
    await expect(page.getByRole('option').filter({ hasText: new RegExp(common, 'i') }).first()).toBeVisible();
    await expect(page.getByRole('option').locator('mark')).toHaveCount(0);
    await expectAccessible(page);
  });

  test('the banner: who it is, and allergies or that there are none', async ({ page }) => {
    const [patient] = await withResults(page);
    await open(page, patient);
    const banner = page.getByRole('region', { name: 'Identité du patient' });
    await expect(banner).toContainText(givenOf(patient));
    await expect(banner).toContainText(written(patient.birthDate));
    await expect(banner.locator('.digits').first()).toHaveText(numberOf(patient).replace(/^(..)(..)(..)(...)(..)$/, '$1.$2.$3-$4.$5'));
    await expect(banner.locator('.allergy-real, .allergy-quiet strong')).toBeVisible();
  });

  test('the newest result stands in the table as the laboratory wrote it', async ({ page }) => {
    const [patient] = await withResults(page);
    const results = await found<Observation>(page.request, `Observation?patient=${patient.id}&category=laboratory&_sort=-date`);
    const result = results.find((each) => each.valueQuantity?.value !== undefined && (each.code.text ?? each.code.coding?.[0]?.display));
    expect(result, 'a result with a value').toBeDefined();
    const name = result?.code.text ?? result?.code.coding?.[0]?.display ?? '';
    await open(page, patient, '/results');
    await page.getByLabel('Filtrer les analyses').fill(name);
    await page.locator('.analysis').filter({ has: page.getByText(name, { exact: true }) }).first().click();
    await expect(page.getByRole('img', { name: `Courbe: ${name}` })).toBeVisible();
    await expect(page.locator('.plot-frame canvas')).toBeVisible();
    const row = page.locator('.results-detail tbody tr').first();
    await expect(row).toContainText(written(result?.effectiveDateTime));
    expect(Number((await row.locator('td').first().innerText()).replace(/\s/g, '').replace(',', '.'))).toBe(result?.valueQuantity?.value);
  });

  const tabs = [
    { section: '', line: '.summary .line', why: 'the summary' },
    { section: '/timeline', line: '.event', why: 'contacts, appointments, documents' },
    { section: '/results', line: '.results-detail tbody tr', why: 'analyses' },
    { section: '/vitals', line: '.vitals canvas', why: 'curves' },
    { section: '/medicines', line: 'tbody tr', why: 'prescriptions' },
    { section: '/vaccines', line: 'tbody tr', why: 'vaccines' },
    { section: '/documents', line: 'tbody tr', why: 'documents' },
  ];
  const holders: Record<string, string> = {
    '': 'Condition?clinical-status=active',
    '/vitals': 'Observation?category=vital-signs',
    '/medicines': 'MedicationRequest?status=active',
    '/vaccines': 'Immunization?status=completed',
    '/documents': 'DocumentReference?status=current',
  };
  for (const { section, line, why } of tabs) {
    test(`the chart${section}: ${why} of this patient, axe, also on a telephone`, async ({ page }) => {
      const [patient] = holders[section] ? await ofKind(page, section, holders[section]) : await withResults(page);
      const asked: string[] = [];
      page.on('request', (request) => asked.push(request.url()));
      await open(page, patient, section);
      await expect(page.locator('.chart-body').locator(line).first()).toBeVisible();
      await expect(page.locator('[data-failure]')).toHaveCount(0);
      await expectAccessible(page);
      await page.setViewportSize({ width: 390, height: 844 });
      await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
      await expectLargeTargets(page);
      /* The frame asks where the user works and what waits for him; the chart asks by patient. */
      const record = asked.filter((each) => each.includes('/fhir/') && !/\/fhir\/(PractitionerRole|\$inbox)/.test(each));
      expect(record.length).toBeGreaterThan(1);
      expect(record.filter((each) => !each.includes(`/fhir/Patient/${patient.id}`) && !each.includes(`patient=${patient.id}`))).toEqual([]);
    });
  }

  async function ofKind(page: Page, section: string, kind: string): Promise<[Patient]> {
    const [holder] = await found<FhirResource & { subject?: { reference?: string }; patient?: { reference?: string } }>(page.request, `${kind}&_count=1`);
    const reference = holder?.subject?.reference ?? holder?.patient?.reference ?? '';
    const [patient] = await found<Patient>(page.request, `Patient?_id=${reference.replace('Patient/', '')}`);
    if (!patient) throw new Error(`no patient of the demo has anything for ${section}`);
    return [patient];
  }

  test('every curve has its table', async ({ page }) => {
    const [patient] = await ofKind(page, '/vitals', 'Observation?category=vital-signs');
    await open(page, patient, '/vitals');
    await expect(page.locator('.vitals canvas').first()).toBeVisible();
    const curves = await page.locator('.vitals .plot').count();
    expect(await page.locator('.vitals details').count()).toBeGreaterThanOrEqual(curves);
    await page.locator('.vitals summary').first().click();
    await expect(page.locator('.vitals details tbody tr').first()).toBeVisible();
  });

  test('a document opens over the chart, and Escape leads back', async ({ page }) => {
    const [patient] = await ofKind(page, '/documents', 'DocumentReference?status=current');
    const [document] = await found<DocumentReference>(page.request, `DocumentReference?patient=${patient.id}&_count=1`);
    const data = document?.content[0]?.attachment.data;
    await open(page, patient, '/documents');
    await page.getByRole('button', { name: /^Ouvrir/ }).first().click();
    const dialog = page.getByRole('dialog');
    await expect(dialog.locator('.document-text, .document-links a').first()).toBeVisible();
    if (data && document?.content[0]?.attachment.contentType?.startsWith('text/plain'))
      await expect(dialog.locator('.document-text')).toHaveText(Buffer.from(data, 'base64').toString('utf8'));
    await expectAccessible(page);
    await page.keyboard.press('Escape');
    await expect(dialog).toHaveCount(0);
    await expect(heading(page)).toContainText(familyOf(patient));
  });

  test('four languages, switched on the chart', async ({ page }) => {
    const [patient] = await withResults(page);
    await open(page, patient);
    const words = [['Nederlands', 'nl', 'Geneesmiddelen'], ['Deutsch', 'de', 'Medikamente'], ['English', 'en', 'Medicines'], ['Français', 'fr', 'Médicaments']] as const;
    for (const [language, code, word] of words) {
      await page.locator('.bar-right .bar-button').first().click();
      await page.getByRole('menuitem', { name: language }).click();
      await expect(page.locator('html')).toHaveAttribute('lang', code);
      await expect(page.getByRole('link', { name: word, exact: true })).toBeVisible();
      await expect(heading(page)).toContainText(familyOf(patient));
    }
  });

  test('two windows with two patients do not mix', async ({ page, context }) => {
    const [one, two] = await withResults(page);
    await open(page, one);
    const other = await context.newPage();
    await open(other, two, '/results');
    await page.getByRole('link', { name: 'Résultats', exact: true }).click();
    await expect(page.locator('.analysis').first()).toBeVisible();
    await page.reload();
    for (const [window, patient, stranger] of [[page, one, two], [other, two, one]] as const) {
      const banner = window.getByRole('region', { name: 'Identité du patient' });
      await expect(banner).toContainText(written(patient.birthDate));
      await expect(window).toHaveURL(`${url}/p/${patient.id}/results`);
      expect(await window.content()).not.toContain(stranger.id);
    }
  });

  test('a session that the server ended: the lock comes over the page and leads back to it', async ({ page }) => {
    const [patient] = await withResults(page);
    await open(page, patient, '/results');
    const filter = page.getByLabel('Filtrer les analyses');
    await filter.fill('a');
    expect((await post(page, '/auth/sign-out')).status()).toBe(204);
    await page.keyboard.press('Control+k');
    await page.keyboard.type(familyOf(patient).slice(0, 3));
    await expect(page.getByRole('heading', { name: 'Votre session est terminée' })).toBeVisible();
    await expectAccessible(page);
    await page.locator('input[name=password]').fill(password);
    await page.keyboard.press('Enter');
    await expect(page.locator('.lock')).toHaveCount(0);
    await expect(page.getByRole('option').first()).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(filter).toHaveValue('a');
    await expect(heading(page)).toContainText(familyOf(patient));
  });

  test('signing out ends the session on the server, and Back shows nothing', async ({ page }) => {
    const [patient] = await withResults(page);
    await open(page, patient);
    const before = (await page.context().cookies(url))[0]?.value ?? '';
    await page.getByRole('button', { name: /Mon compte/ }).click();
    await page.getByRole('menuitem', { name: 'Se déconnecter' }).click();
    await expect(page.getByRole('heading', { name: 'Connexion' })).toBeVisible();
    await expect(page.getByText(givenOf(patient), { exact: true })).toHaveCount(0);
    const again = await page.request.get(`${url}/auth/session`, { headers: { Cookie: `__Host-aceso=${before}` } });
    expect(again.status()).toBe(401);
    await page.goBack();
    await expect(page.getByText(givenOf(patient), { exact: true })).toHaveCount(0);
  });

  test('a chart that does not exist says so', async ({ page }) => {
    await page.goto(`${url}/p/nobody-has-this-id`);
    await expect(page.locator('[data-failure=notFound]')).toBeVisible();
    await expectAccessible(page);
  });
});
