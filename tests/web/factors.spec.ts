/* Second factors against the real server, with Chromium's own virtual authenticator: setting up,
 * signing in, locking, invitations. Everybody must have a second factor here, and accounts are
 * invited on the command line as an administrator does it. */
import { execFileSync } from 'node:child_process';
import { codeOf, expect, expectAccessible, expectLargeTargets, fillSignIn, nextCode, test, type Page } from './harness';

const url = (process.env.ACESO_URL ?? '').replace('127.0.0.1', 'localhost').replace(/\/$/, '');
const program = process.env.ACESO_PROGRAM ?? '';
const store = process.env.ACESO_STORE_FILE ?? '';
const shots = process.env.ACESO_SHOTS ?? '';
const password = 'des mots que personne ne devine';
let number = 0;

async function shot(page: Page, name: string): Promise<void> {
  if (shots) await page.screenshot({ path: `${shots}/${name}.png`, fullPage: true });
}

/* An account of its own for each test, and its link. */
function invite(): { user: string; link: string } {
  const user = `staff.${process.pid}.${number++}`;
  const told = execFileSync(
    program,
    ['account', 'invite', user, '--role', 'nurse', '--name', 'Nadia Test', '--language', 'fr', '--store', store],
    { encoding: 'utf8' },
  );
  return { user, link: `${url}/welcome${/#[\w-]{43}/.exec(told)?.[0] ?? ''}` };
}

/* What somebody sees who is in, wherever. */
const inside = (page: Page) => page.getByRole('button', { name: /Mon compte/ });

async function addAuthenticator(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send('WebAuthn.enable');
  await session.send('WebAuthn.addVirtualAuthenticator', {
    options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
  });
}

async function accept(page: Page): Promise<string> {
  const { user, link } = invite();
  await page.goto(link);
  await expect(page.getByRole('heading', { name: 'Bienvenue dans Aceso' })).toBeVisible();
  await expect(page).toHaveURL(/\/welcome$/); /* the secret has left the address */
  await page.locator('input[name=new-password]').fill(password);
  await page.locator('input[name=new-password]').press('Enter');
  await expect(page.getByRole('heading', { name: 'Protégez votre compte' })).toBeVisible();
  return user;
}

async function enrolApp(page: Page): Promise<string> {
  await page.getByRole('button', { name: 'Configurer une application' }).click();
  const secret = (await page.locator('.secret').textContent()) ?? '';
  await page.locator('input[name=code]').fill(codeOf(secret));
  await page.getByRole('button', { name: 'Confirmer' }).click();
  await expect(page.getByRole('heading', { name: 'Vos codes de secours' })).toBeVisible();
  return secret;
}

async function signOut(page: Page): Promise<void> {
  await page.getByRole('button', { name: /Mon compte/ }).click();
  await page.getByRole('menuitem', { name: 'Se déconnecter' }).click();
  await expect(page.getByRole('heading', { name: 'Connexion' })).toBeVisible();
}

test('an invitation: password, app for codes, recovery codes, and in', async ({ page }) => {
  const { user, link } = invite();
  await page.goto(link);
  await expect(page.getByText(user)).toBeVisible();
  await expectAccessible(page);
  await expectLargeTargets(page);
  await shot(page, 'invitation');
  await page.locator('input[name=new-password]').fill('trop court');
  await page.locator('input[name=new-password]').press('Enter');
  await expect(page.locator('[data-trouble=refused]')).toBeVisible();
  await page.locator('input[name=new-password]').fill(password);
  await page.locator('input[name=new-password]').press('Enter');
  await expect(page.getByRole('heading', { name: 'Protégez votre compte' })).toBeVisible();
  expect((await page.request.get(`${url}/fhir/Patient?_count=1`)).status()).toBe(403);
  await expectAccessible(page);
  await expectLargeTargets(page);
  await shot(page, 'enrol');
  await page.getByRole('button', { name: 'Configurer une application' }).click();
  await expect(page.getByRole('img', { name: /Carré à scanner/ })).toBeVisible();
  await expectAccessible(page);
  await shot(page, 'enrol-app');
  const secret = (await page.locator('.secret').textContent()) ?? '';
  await page.locator('input[name=code]').fill('12');
  await page.getByRole('button', { name: 'Confirmer' }).click();
  await expect(page.locator('[data-trouble=refused]')).toBeVisible();
  await page.locator('input[name=code]').fill(codeOf(secret));
  await page.getByRole('button', { name: 'Confirmer' }).click();
  await expect(page.locator('.codes li')).toHaveCount(10);
  await expectAccessible(page);
  await shot(page, 'recovery-codes');
  const recovery = (await page.locator('.codes li').first().textContent()) ?? '';
  await page.getByRole('button', { name: 'Je les ai gardés' }).click();
  await expect(inside(page)).toBeVisible();
  await page.goto(link);
  await expect(page.getByRole('heading', { name: 'Ce lien ne sert plus' })).toBeVisible();
  await shot(page, 'link-over');

  await page.goto(`${url}/patients`);
  await signOut(page);
  await fillSignIn(page, user, password);
  await expect(page.getByRole('heading', { name: 'Un second facteur' })).toBeVisible();
  await expect(page.locator('input[name=code]')).toBeFocused();
  await expectAccessible(page);
  await expectLargeTargets(page);
  await shot(page, 'second-factor');
  await page.keyboard.type('000000');
  await page.keyboard.press('Enter');
  await expect(page.locator('[data-trouble=wrong]')).toBeVisible();
  await page.locator('input[name=code]').fill(await nextCode(page, secret));
  await page.keyboard.press('Enter');
  await expect(inside(page)).toBeVisible();

  await signOut(page);
  await fillSignIn(page, user, password);
  await page.getByRole('button', { name: 'Entrer un code de secours' }).click();
  await page.keyboard.type(recovery);
  await page.keyboard.press('Enter');
  await expect(inside(page)).toBeVisible();
});

test('a passkey: set up, alone, and behind a password', async ({ page }) => {
  await addAuthenticator(page);
  const user = await accept(page);
  await page.getByRole('button', { name: 'Créer une clé d’accès' }).click();
  await expect(page.locator('.codes li')).toHaveCount(10);
  await page.getByRole('button', { name: 'Je les ai gardés' }).click();
  await expect(inside(page)).toBeVisible();

  await signOut(page);
  await expectAccessible(page);
  await shot(page, 'sign-in');
  await page.getByRole('button', { name: 'Utiliser une clé d’accès' }).click();
  await expect(inside(page)).toBeVisible();

  await signOut(page);
  await fillSignIn(page, user, password);
  await page.getByRole('button', { name: 'Utiliser une clé d’accès' }).click();
  await expect(inside(page)).toBeVisible();
});

test('the lock keeps the page; a password or a passkey opens it again', async ({ page }) => {
  await addAuthenticator(page);
  await accept(page);
  await page.getByRole('button', { name: 'Créer une clé d’accès' }).click();
  await page.getByRole('button', { name: 'Je les ai gardés' }).click();
  await page.getByRole('link', { name: 'Patients', exact: true }).click();
  const field = page.getByRole('combobox');
  await field.fill('dup');
  const begun = await page.evaluate(async () => ((await (await fetch('/auth/sessions')).json()) as { sessions: { created: string }[] }).sessions[0]?.created);
  for (const way of ['password', 'passkey']) {
    const [cookie] = await page.context().cookies(url);
    expect((await page.request.post(`${url}/auth/lock`, { headers: { Origin: url } })).status()).toBe(204);
    await field.press('End');
    await field.pressSequentially('o');
    await expect(page.getByRole('heading', { name: 'Écran verrouillé' })).toBeVisible();
    await expectAccessible(page);
    await shot(page, `lock-${way}`);
    if (way === 'password') {
      await page.locator('.lock input[name=password]').fill(password);
      await page.keyboard.press('Enter');
    } else {
      await page.locator('.lock').getByRole('button', { name: 'Utiliser une clé d’accès' }).click();
    }
    await expect(page.locator('.lock')).toHaveCount(0);
    await expect(field).toHaveValue(/^dupo*$/);
    const [after] = await page.context().cookies(url);
    expect(after?.value).not.toBe(cookie?.value);
  }
  const still = await page.evaluate(async () => ((await (await fetch('/auth/sessions')).json()) as { sessions: { created: string }[] }).sessions);
  expect(still.map((each) => each.created)).toEqual([begun]); /* one session, the same */
});

test('my account: factors, sessions, and a step up', async ({ page, browser }) => {
  await addAuthenticator(page);
  const user = await accept(page);
  const secret = await enrolApp(page);
  await page.getByRole('button', { name: 'Je les ai gardés' }).click();
  const other = await browser.newContext({ ignoreHTTPSErrors: true });
  const elsewhere = await other.request.post(`${url}/auth/sign-in`, { data: { user, password, code: await nextCode(page, secret), device: 'Ailleurs' }, headers: { Origin: url } });
  expect(elsewhere.status()).toBe(200);

  await page.goto(`${url}/account`);
  await expect(page.getByRole('heading', { name: 'Mon compte' })).toBeVisible();
  await expect(page.getByText('Ailleurs')).toBeVisible();
  await expectAccessible(page);
  await expectLargeTargets(page);
  await shot(page, 'my-account');
  await page.getByRole('button', { name: 'Terminer Ailleurs' }).click();
  await expect(page.getByText('Ailleurs')).toHaveCount(0);
  expect((await other.request.get(`${url}/auth/session`)).status()).toBe(401);
  await other.close();

  await page.getByRole('button', { name: 'Retirer Une application à codes' }).click();
  await expect(page.locator('[data-trouble=refused]')).toContainText('seul second facteur');
  await page.locator('input[name=passkey-name]').fill('Portable');
  await page.getByRole('button', { name: 'Créer une clé d’accès' }).click();
  await expect(page.getByText('Portable')).toBeVisible();

  /* As five minutes later: the server's first refusal is made up, what follows is not. */
  let refused = 0;
  await page.route('**/auth/recovery', (route) =>
    refused++ === 0 ? route.fulfill({ status: 403, headers: { 'Aceso-Needs': 'step-up' }, body: '{}' }) : route.continue(),
  );
  await page.getByRole('button', { name: 'Nouveaux codes de secours' }).click();
  await expect(page.getByRole('dialog', { name: 'Confirmez que c’est vous' })).toBeVisible();
  await expectAccessible(page);
  await shot(page, 'step-up');
  await page.getByRole('dialog').getByRole('button', { name: 'Utiliser une clé d’accès' }).click();
  await expect(page.locator('.codes li')).toHaveCount(10);
  await page.getByRole('button', { name: 'Me déconnecter partout' }).click();
  await expect(page.getByRole('heading', { name: 'Connexion' })).toBeVisible();
});

test('a forgotten password says the same to everybody', async ({ page }) => {
  for (const user of ['claire.dubois', 'personne.ici']) {
    await page.goto(`${url}/patients`);
    await page.getByRole('button', { name: 'Mot de passe oublié?' }).click();
    await expect(page.locator('input[name=username]')).toBeFocused();
    if (user === 'claire.dubois') await expectAccessible(page);
    await page.keyboard.type(user);
    await page.keyboard.press('Enter');
    await expect(page.getByRole('status')).toContainText('Si ce compte existe');
    await shot(page, 'forgotten');
  }
});

for (const [language, sign, enrol] of [
  ['Nederlands', 'Aanmelden', 'Bescherm uw account'],
  ['Deutsch', 'Anmelden', 'Schützen Sie Ihr Konto'],
  ['English', 'Sign in', 'Protect your account'],
]) {
  test(`the doors in ${language}`, async ({ page }) => {
    await accept(page);
    await page.getByRole('button', { name: /Langue/ }).click();
    await page.getByRole('menuitem', { name: language ?? '' }).click();
    await expect(page.getByRole('heading', { name: enrol ?? '' })).toBeVisible();
    await expect(page.getByRole('menu')).toHaveCount(0); /* it fades */
    await expectAccessible(page);
    await shot(page, `enrol-${language}`);
    await page.context().clearCookies();
    await page.goto(`${url}/patients`);
    await expect(page.getByRole('heading', { name: sign ?? '' })).toBeVisible();
    await expectAccessible(page);
  });
}
