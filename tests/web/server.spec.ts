/* The app against a real server with a demo store: what a GP does in the first five minutes.
 * ACESO_URL, ACESO_USER and ACESO_PASSWORD name the server and an account of it. */
import { expect, expectAccessible, fillSignIn, test, type Page } from './harness';

const url = process.env['ACESO_URL'] ?? '';
const user = process.env['ACESO_USER'] ?? '';
const password = process.env['ACESO_PASSWORD'] ?? '';

interface Bundle {
  total?: number;
  entry?: { resource: { id: string; name?: { family?: string }[]; birthDate?: string; identifier?: { value?: string }[] } }[];
}

async function enter(page: Page, path = '/'): Promise<void> {
  await page.goto(url + path);
  await fillSignIn(page, user, password);
  await expect(page.locator('.bar')).toBeVisible();
}

/* Asks the server as the page does, with the page's own session. */
async function ask(page: Page, path: string): Promise<Bundle> {
  return page.evaluate(async (each) => (await fetch(`/fhir/${each}`)).json(), path) as Promise<Bundle>;
}

async function somebody(page: Page): Promise<{ id: string; family: string; birthDate: string; number: string }> {
  const bundle = await ask(page, 'Patient?_count=1');
  const person = bundle.entry?.[0]?.resource;
  return {
    id: person?.id ?? '',
    family: person?.name?.[0]?.family ?? '',
    birthDate: person?.birthDate ?? '',
    number: (person?.identifier ?? []).map((each) => each.value ?? '').find((each) => /^\d{11}$/.test(each)) ?? '',
  };
}

test('without signing in nothing is read', async ({ page, request }) => {
  await page.goto(url);
  await expect(page.getByRole('heading', { name: 'Connexion' })).toBeVisible();
  await expectAccessible(page);
  for (const path of ['/fhir/Patient', '/fhir/Patient/x', '/fhir/_history', '/auth/session']) {
    expect((await request.get(url + path)).status(), path).toBe(401);
  }
  expect((await request.get(`${url}/fhir/metadata`)).status()).toBe(200);
});

test('a wrong password says so and lets in with the right one', async ({ page }) => {
  await page.goto(url);
  await fillSignIn(page, user, 'not the password');
  await expect(page.getByRole('alert')).toBeVisible();
  await fillSignIn(page, user, password);
  await expect(page.locator('.bar')).toBeVisible();
});

test('the session is out of reach of scripts', async ({ page, context }) => {
  await enter(page);
  const cookie = (await context.cookies()).find((each) => each.name.startsWith('__Host-'));
  expect(cookie).toMatchObject({ httpOnly: true, secure: true, sameSite: 'Strict', path: '/' });
  expect(await page.evaluate(() => document.cookie)).toBe('');
  expect(await page.evaluate(() => Object.keys(localStorage).concat(Object.keys(sessionStorage)).join().match(/token|session/i))).toBeNull();
});

test('a patient is found by name, birth date and number, with the keyboard alone', async ({ page }) => {
  await enter(page);
  const person = await somebody(page);
  const [year, month, day] = person.birthDate.split('-');
  for (const typed of [person.family, `${day}/${month}/${year}`, person.number]) {
    await page.keyboard.press('Control+k');
    await expect(page.getByRole('dialog').getByRole('combobox')).toBeFocused();
    await page.keyboard.type(typed);
    await expect(page.getByRole('dialog').getByRole('option').first(), typed).toBeVisible();
    await expect(page.getByRole('dialog').getByRole('option').filter({ hasText: new RegExp(person.family, 'i') }).first(), typed).toBeVisible();
    await page.keyboard.press('Escape');
  }
  await page.keyboard.press('Control+k');
  await expect(page.getByRole('dialog').getByRole('combobox')).toBeFocused();
  await page.keyboard.type(person.number);
  await expect(page.getByRole('dialog').getByRole('option')).toContainText([new RegExp(person.family, 'i')]);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(new RegExp(`/p/${person.id}$`));
  await expect(page.getByRole('heading', { level: 1 })).toContainText(new RegExp(person.family, 'i'));
});

const sections = ['', '/timeline', '/results', '/vitals', '/medicines', '/vaccines', '/documents'];
for (const section of sections) {
  test(`the chart${section || '/summary'}: no failure, accessible, no word of the interface behind`, async ({ page }) => {
    await enter(page);
    const person = await somebody(page);
    await page.goto(`${url}/p/${person.id}${section}`);
    await expect(page.getByRole('heading', { level: 1 })).toContainText(new RegExp(person.family, 'i'));
    await page.waitForLoadState('networkidle');
    await expect(page.locator('[data-failure]')).toHaveCount(0);
    await expectAccessible(page);
    expect(await page.locator('body').innerText()).not.toMatch(
      /\b(FHIR|Observation|Encounter|Condition|MedicationRequest|AllergyIntolerance|Bundle|undefined|null|NaN|Invalid Date)\b/,
    );
  });
}

test('vitals are drawn, with their numbers in a table', async ({ page }) => {
  await enter(page);
  const person = await somebody(page);
  await page.goto(`${url}/p/${person.id}/vitals`);
  await expect(page.getByRole('img', { name: /Courbe/ }).first()).toBeVisible();
  await expect(page.locator('table tbody tr')).not.toHaveCount(0);
});

test('signing out ends the session on the server', async ({ page }) => {
  await enter(page);
  await page.getByRole('button', { name: /Mon compte/ }).click();
  await page.getByRole('menuitem', { name: 'Se déconnecter' }).click();
  await expect(page.getByRole('heading', { name: 'Connexion' })).toBeVisible();
  expect(await page.evaluate(async () => (await fetch('/fhir/Patient?_count=1')).status)).toBe(401);
});
