/* Administration against the real server: accounts, roles, the log, centres, forms, texts, state.
 * What is made here has a name of its own, so that the tests can be run twice on one store. */
import type { Bundle, Library, Location, Organization, Patient, Practitioner, Questionnaire } from '../../web/node_modules/@types/fhir/r4';
import { expect, expectAccessible, expectLargeTargets, test, type Page } from './harness';

const url = (process.env.ACESO_URL ?? '').replace(/\/$/, '');
const gp = process.env.ACESO_USER ?? '';
const password = process.env.ACESO_PASSWORD ?? '';
const ownOrigin = { Origin: new URL(url || 'https://localhost').origin };
const mark = Date.now().toString(36);

const post = (page: Page, path: string, data?: object) => page.request.post(url + path, { data, headers: ownOrigin });

async function signIn(page: Page, user: string, secret = password): Promise<number> {
  return (await post(page, '/auth/sign-in', { user, password: secret })).status();
}

async function enter(page: Page, user: string, part: string): Promise<void> {
  expect(await signIn(page, user)).toBe(200);
  await page.goto(`${url}/admin/${part}`);
  await expect(page.getByRole('heading', { level: 1, name: 'Gestion' })).toBeVisible();
}

async function found<T>(page: Page, query: string): Promise<T[]> {
  const answer = await page.request.get(`${url}/fhir/${query}`);
  expect(answer.status(), query).toBe(200);
  return ((await answer.json()) as Bundle).entry?.flatMap((each) => (each.resource ? [each.resource as T] : [])) ?? [];
}

const dialog = (page: Page) => page.getByRole('dialog');

/* What is found must be there first: the list of before has the same buttons. */
async function openAccount(page: Page, user: string): Promise<void> {
  await page.getByLabel('Chercher un compte').fill(user === 'admin' ? 'admin@' : user);
  await expect(page.getByRole('status').filter({ hasText: /^1 compte$/ })).toBeVisible();
  await page.getByRole('button', { name: /^Ouvrir:/ }).click();
  await expect(dialog(page)).toBeVisible();
}

test('an account from its invitation to its end', async ({ page, browser }) => {
  const user = `zoe.${mark}`;
  const display = `Zoé ${mark}`;
  await enter(page, 'admin', 'users');
  await expect(page.getByRole('status').filter({ hasText: /\d+ comptes/ })).toBeVisible();
  await expectAccessible(page);
  await expectLargeTargets(page);

  await page.getByRole('button', { name: 'Inviter quelqu’un' }).click();
  await dialog(page).getByRole('button', { name: 'Inviter' }).click();
  await expect(dialog(page).getByText('Choisissez un nom de 2 à 64')).toBeVisible();
  await dialog(page).getByLabel('Rôle').selectOption('nurse');
  const person = dialog(page).getByLabel('Personne de l’annuaire');
  await expect(person.locator('option')).not.toHaveCount(1);
  await person.selectOption({ index: 1 });
  await dialog(page).getByLabel('Nom d’utilisateur').fill(user);
  await dialog(page).getByLabel('Nom affiché').fill(display);
  await expectAccessible(page, '[role=dialog]');
  await dialog(page).getByRole('button', { name: 'Inviter' }).click();
  const link = await dialog(page).getByRole('textbox', { name: 'Lien d’invitation' }).inputValue();
  expect(link).toContain('/welcome#');
  await page.keyboard.press('Escape');

  const other = await browser.newPage({ ignoreHTTPSErrors: true });
  await other.goto(`${url}/welcome${link.slice(link.indexOf('#'))}`);
  const secret = `quatre chats ${mark}`;
  await other.locator('input[type=password]').first().fill(secret);
  await other.keyboard.press('Enter');
  await expect(other.getByRole('button', { name: new RegExp(display) })).toBeVisible();

  await openAccount(page, user);
  await expect(dialog(page).getByText('1 session ouverte')).toBeVisible();
  await expectAccessible(page, '[role=dialog]');
  await dialog(page).getByLabel('Rôle').selectOption('physio');
  await dialog(page).getByRole('button', { name: 'Enregistrer' }).click();
  await expect(page.getByText('Compte modifié')).toBeVisible();
  await expect(page.getByRole('row', { name: new RegExp(`${user}.*Kinésithérapeute`) })).toBeVisible();
  expect((await other.request.get(`${url}/auth/session`)).status(), 'its session has ended').toBe(401);

  await openAccount(page, user);
  await dialog(page).getByRole('button', { name: 'Fermer le compte' }).click();
  await expect(page.getByRole('row', { name: new RegExp(`${user}.*fermé`) })).toBeVisible();
  expect(await signIn(other, user, secret)).toBe(401);
  await page.getByRole('button', { name: /^Annuler/ }).click();
  await expect(page.getByRole('row', { name: new RegExp(`${user}.*actif`) })).toBeVisible();
  expect(await signIn(other, user, secret)).toBe(200);
  await openAccount(page, user);
  await dialog(page).getByRole('button', { name: 'Fermer ses sessions' }).click();
  await expect(page.getByText('Sessions fermées.')).toBeVisible();
  expect((await other.request.get(`${url}/auth/session`)).status()).toBe(401);
  await other.close();
});

/* The server wants a fresh proof, the form stays as it was filled in, and goes on behind it. */
test('a proof is asked for in place', async ({ page }) => {
  await enter(page, 'admin', 'users');
  await page.route('**/auth/accounts/change', (route) => route.fulfill({ status: 403, headers: { 'Aceso-Needs': 'step-up' } }), { times: 1 });
  await openAccount(page, gp);
  const name = await dialog(page).getByLabel('Nom affiché').inputValue();
  await dialog(page).getByLabel('Nom affiché').fill(`${name} `);
  await dialog(page).getByLabel('Nom affiché').fill(name);
  await expect(dialog(page).getByRole('button', { name: 'Enregistrer' })).toBeDisabled();
  await dialog(page).getByLabel('Langue').selectOption('en');
  await dialog(page).getByRole('button', { name: 'Enregistrer' }).click();
  const field = page.locator('input[type=password]');
  await field.fill(password);
  await field.press('Enter');
  await expect(page.getByText('Compte modifié')).toBeVisible();
  expect((await post(page, '/auth/accounts/change', { user: gp, language: 'fr' })).status()).toBe(204);
});

test('the last account that administers stays', async ({ page }) => {
  await enter(page, 'admin', 'users');
  await openAccount(page, 'admin');
  await dialog(page).getByRole('button', { name: 'Fermer le compte' }).click();
  await expect(dialog(page).getByRole('alert')).toContainText('dernier compte qui administre');
  expect((await page.request.get(`${url}/auth/session`)).status()).toBe(200);
});

test('nobody else sees accounts, by address or by asking', async ({ page }) => {
  expect(await signIn(page, gp)).toBe(200);
  await page.goto(`${url}/admin/users`);
  await expect(page.getByRole('heading', { level: 1, name: 'Cette page n’existe pas' })).toBeVisible();
  await expect(page.getByRole('link', { name: 'Comptes' })).toHaveCount(0);
  for (const path of ['/auth/accounts', '/auth/roles', '/auth/state']) expect((await page.request.get(url + path)).status(), path).toBe(403);
  expect((await post(page, '/auth/accounts/end', { user: 'admin' })).status()).toBe(403);
});

test('the matrix is the one of the server', async ({ page }) => {
  await enter(page, 'admin', 'roles');
  const row = page.getByRole('row', { name: /^Laboratoire/ });
  await expect(row.getByRole('cell').first()).toContainText('lit');
  await expect(row).toContainText('en urgence seulement');
  await expectAccessible(page);
});

test.describe('the log', () => {
  test('who opened whose record, found by person, patient and day', async ({ page, browser }) => {
    const doctor = await browser.newPage({ ignoreHTTPSErrors: true });
    expect(await signIn(doctor, gp)).toBe(200);
    const [patient] = await found<Patient>(doctor, 'Patient?_count=1');
    expect((await doctor.request.get(`${url}/fhir/Patient/${patient?.id}`)).status()).toBe(200);
    await doctor.close();
    await enter(page, 'auditor', 'audit');
    await expectAccessible(page);
    await page.getByLabel('Qui (compte)').fill(gp);
    await page.getByLabel(/^Patient/).fill(`${url}/p/${patient?.id}/notes`);
    await page.getByLabel('Quoi').selectOption('looks');
    await page.getByRole('button', { name: 'Chercher' }).click();
    const first = page.getByRole('row').nth(1);
    await expect(first).toContainText(gp);
    await expect(first).toContainText('a lu');
    await expect(first).toContainText(patient?.name?.[0]?.family ?? '', { ignoreCase: true });
    await expectAccessible(page);
    await page.getByLabel('Au').fill('01/01/2020');
    await page.getByRole('button', { name: 'Chercher' }).click();
    await expect(page.getByRole('status').filter({ hasText: 'Rien dans le journal' })).toBeVisible();
  });

  test('the newest first, and further back page by page', async ({ page }) => {
    expect(await signIn(page, 'auditor')).toBe(200);
    for (let at = 0; at < 55; at++) await page.request.get(`${url}/fhir/Organization?_id=x${at}`);
    await page.goto(`${url}/admin/audit`);
    await expect(page.getByRole('row')).toHaveCount(51);
    await page.getByRole('button', { name: 'Afficher la suite' }).click();
    await expect.poll(() => page.getByRole('row').count()).toBeGreaterThan(51);
  });

  test('an emergency is marked', async ({ page, browser }) => {
    const nurse = await browser.newPage({ ignoreHTTPSErrors: true });
    expect(await signIn(nurse, 'nathalie.gobert')).toBe(200);
    const own = await browser.newPage({ ignoreHTTPSErrors: true });
    expect(await signIn(own, gp)).toBe(200);
    const patients = await found<Patient>(own, 'Patient?_count=50');
    let opened = '';
    for (const each of patients) {
      const answer = await post(nurse, `/fhir/Patient/${each.id}/$break-glass`, {
        resourceType: 'Parameters',
        parameter: [
          { name: 'code', valueCode: 'unconscious' },
          { name: 'reason', valueString: `Malaise ${mark}` },
        ],
      });
      if (answer.ok()) {
        opened = each.id ?? '';
        break;
      }
    }
    await nurse.close();
    await own.close();
    expect(opened, 'a glass that could be broken').not.toBe('');
    await enter(page, 'auditor', 'audit');
    await page.getByLabel('Quoi').selectOption('accounts');
    const row = page.getByRole('row', { name: /nathalie\.gobert/ }).first();
    await expect(row).toContainText('urgence');
    await expect(row).toContainText(`Malaise ${mark}`);
    await expectAccessible(page);
  });

  test('is not for who administers', async ({ page }) => {
    await enter(page, 'admin', 'audit');
    await expect(page.getByRole('link', { name: 'Journal' })).toHaveCount(0);
    expect(await found(page, 'AuditEvent?_count=5')).toEqual([]);
  });
});

test('a centre from its first day to its closed ones', async ({ page }) => {
  const name = `Centre ${mark}`;
  await enter(page, 'admin', 'centres');
  await expect(page.getByRole('region').or(page.locator('section.panel')).first()).toBeVisible();
  await expectAccessible(page);
  await expectLargeTargets(page);
  await page.getByRole('button', { name: 'Nouveau centre' }).click();
  await dialog(page).getByRole('button', { name: 'Enregistrer' }).click();
  await expect(dialog(page).getByText('Donnez un nom.')).toBeVisible();
  await dialog(page).getByLabel('Nom').fill(name);
  await dialog(page).getByLabel('Rue et numéro').fill('Rue Haute 1');
  await dialog(page).getByLabel('Code postal').fill('5000');
  await dialog(page).getByLabel('Localité').fill('Namur');
  await dialog(page).getByLabel('Fuseau horaire').fill('Europe/Nowhere');
  await dialog(page).getByRole('button', { name: 'Enregistrer' }).click();
  await expect(dialog(page).getByText('Choisissez un fuseau')).toBeVisible();
  await dialog(page).getByLabel('Fuseau horaire').fill('America/Toronto');
  await expectAccessible(page, '[role=dialog]');
  await dialog(page).getByRole('button', { name: 'Enregistrer' }).click();
  const panel = page.locator('section.panel').filter({ has: page.getByRole('heading', { name }) });
  await expect(panel).toContainText('Rue Haute 1 · 5000 Namur');

  await panel.getByRole('listitem').getByRole('button', { name: `Modifier: ${name}` }).click();
  await dialog(page).getByLabel('Du', { exact: true }).fill('24/12/2027');
  await dialog(page).getByLabel('Au', { exact: true }).fill('02/01/2028');
  await dialog(page).getByRole('button', { name: 'Ajouter' }).click();
  await dialog(page).getByLabel('Téléphone').fill('+32 81 00 00 00');
  await expectAccessible(page, '[role=dialog]');
  await dialog(page).getByRole('button', { name: 'Enregistrer' }).click();
  await expect(panel).toContainText('24/12/2027 – 02/01/2028');

  const [centre] = await found<Organization>(page, `Organization?name=${encodeURIComponent(name)}`);
  const [place] = await found<Location>(page, `Location?organization=Organization/${centre?.id}`);
  expect(centre).toMatchObject({ active: true, name, address: [{ line: ['Rue Haute 1'], postalCode: '5000', city: 'Namur' }] });
  expect(place?.extension).toEqual([
    { url: 'urn:aceso:zone', valueCode: 'America/Toronto' },
    { url: 'urn:aceso:closed', valuePeriod: { start: '2027-12-24', end: '2028-01-02' } },
  ]);
  await panel.getByRole('button', { name: `Modifier: ${name}` }).first().click();
  await dialog(page).getByRole('button', { name: 'Retirer de la liste' }).click();
  await expect(panel).toContainText('retiré');
});

test('forms come from files and are put to use', async ({ page }) => {
  const title = `Formulaire ${mark}`;
  await enter(page, 'admin', 'forms');
  const file = page.locator('input[type=file]');
  const give = (name: string, content: object) => file.setInputFiles({ name, mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(content)) });
  await give('no-form.json', { resourceType: 'Patient' });
  await expect(page.getByRole('alert')).toContainText('n’est pas un formulaire');
  await give('bad.json', { resourceType: 'Questionnaire', item: [{ type: 'nothing' }] });
  await expect(page.getByRole('alert')).toContainText('a refusé');
  await give('form.json', { resourceType: 'Questionnaire', id: 'of-elsewhere', status: 'active', title, item: [{ linkId: '1', text: 'Douleur', type: 'integer' }] });
  const row = page.getByRole('row', { name: new RegExp(title) });
  await expect(row).toContainText('brouillon');
  await row.getByRole('button', { name: `Utiliser: ${title}` }).click();
  await expect(row).toContainText('utilisé');
  await expectAccessible(page);
  await expectLargeTargets(page);
  await row.getByRole('button', { name: `Retirer: ${title}` }).click();
  await expect(row).toContainText('retiré');
  await page.getByRole('button', { name: /^Annuler/ }).click();
  await expect(row).toContainText('utilisé');
  const [form] = await found<Questionnaire>(page, `Questionnaire?title=${encodeURIComponent(title)}`);
  expect(form).toMatchObject({ status: 'active' });
  expect(form?.id).not.toBe('of-elsewhere');
});

test('texts are kept, changed and deleted with a way back', async ({ page }) => {
  const word = `otite-${mark}`;
  await enter(page, 'admin', 'texts');
  const add = page.getByRole('button', { name: 'Nouveau texte' });
  await expect(add).toBeEnabled();
  await add.click();
  await dialog(page).getByLabel('Mot').fill(word);
  await dialog(page).getByRole('button', { name: 'Enregistrer' }).click();
  await expect(dialog(page).getByRole('alert')).toContainText('Donnez un mot');
  await dialog(page).getByLabel('Texte').fill('Tympan rouge, {age}');
  await expectAccessible(page, '[role=dialog]');
  await dialog(page).getByRole('button', { name: 'Enregistrer' }).click();
  const row = page.getByRole('row', { name: new RegExp(word) });
  await expect(row).toContainText('Tympan rouge');
  await row.getByRole('button', { name: `Modifier: ${word}` }).click();
  await dialog(page).getByLabel('Texte').fill('Tympan bombé, œdème');
  await dialog(page).getByRole('button', { name: 'Enregistrer' }).click();
  await expect(row).toContainText('Tympan bombé, œdème');
  await expectAccessible(page);
  await expectLargeTargets(page);
  await row.getByRole('button', { name: `Supprimer: ${word}` }).click();
  await expect(row).toHaveCount(0);
  await page.getByRole('button', { name: /^Annuler/ }).click();
  await expect(row).toContainText('Tympan bombé');
  const kept = (await found<Library>(page, 'Library?_count=1000')).filter((each) => each.title === word);
  expect(kept).toHaveLength(1);
  const people = await found<Practitioner>(page, 'Practitioner?_count=1');
  expect(people).toHaveLength(1);
});

test('the state of backups and work is told', async ({ page }) => {
  await enter(page, 'admin', 'state');
  await expect(page.getByText('Aucune sauvegarde n’est prévue')).toBeVisible();
  await expect(page.getByText('Aucun travail abandonné')).toBeVisible();
  await expectAccessible(page);
  await expectLargeTargets(page);
});

test('all of it in four languages, on a telephone too', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  expect(await signIn(page, 'admin')).toBe(200);
  for (const language of ['fr', 'nl', 'de', 'en']) {
    await page.goto(`${url}/admin`);
    await page.evaluate((to) => localStorage.setItem('aceso.language', to), language);
    for (const part of ['users', 'roles', 'centres', 'forms', 'texts', 'state']) {
      await page.goto(`${url}/admin/${part}`);
      await expect(page.locator('.panel').first()).toBeVisible();
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      expect(wide, `${part} in ${language}`).toBeLessThanOrEqual(390);
      await expect(page.locator('html')).toHaveAttribute('lang', language);
    }
    await expectAccessible(page);
  }
});
