/* States of the screens that are hard to bring about on a real server, against the small one in
 * mock/. Every screen is also looked at by axe, and the policy of the server is the strict one. */
import type { Route } from '../../web/node_modules/@playwright/test/index.mjs';
import { expect, expectAccessible, expectLargeTargets, fillSignIn, test as base, type Page } from './harness';
import { startServer } from './mock/server.mjs';

const password = 'une phrase assez longue';

interface Own {
  url: string;
  world: { open: Set<string>; wrong: number; asked: string[] };
  close: () => void;
}

const test = base.extend<{ own: Own }>({
  own: async ({}, use) => {
    const own = (await startServer()) as Own;
    await use(own);
    own.close();
  },
});

async function enter(page: Page, own: Own, path: string): Promise<void> {
  await page.goto(own.url + path);
  await fillSignIn(page, 'anne', password);
  await expect(page.locator('.bar')).toBeVisible();
}

const outcome = JSON.stringify({ resourceType: 'OperationOutcome', issue: [{ severity: 'error', code: 'exception' }] });
const answer = (status: number, headers: Record<string, string> = {}) => (route: Route) =>
  route.fulfill({ status, body: outcome, contentType: 'application/fhir+json', headers });

test.describe('sign-in', () => {
  test('is accessible, in French, and says what is missing', async ({ page, own }) => {
    await page.goto(`${own.url}/patients`);
    await expect(page.locator('html')).toHaveAttribute('lang', 'fr');
    await expectAccessible(page);
    await expectLargeTargets(page);
    await page.getByRole('button', { name: 'Se connecter' }).click();
    await expect(page.getByText('Entrez votre nom d’utilisateur.')).toBeVisible();
    await expect(page.locator('input[name=username]')).toBeFocused();
  });

  test('a wrong password keeps what was typed and says so once', async ({ page, own }) => {
    await page.goto(`${own.url}/patients`);
    await fillSignIn(page, 'anne', 'autre chose');
    await expect(page.getByRole('alert')).toContainText('incorrect');
    await expect(page.locator('input[name=username]')).toHaveValue('anne');
    await expect(page.locator('input[name=password]')).toBeFocused();
    await expectAccessible(page);
  });

  test('too many attempts: says until when, counts down, then lets in', async ({ page, own }) => {
    await page.clock.install();
    await page.goto(`${own.url}/patients`);
    for (let attempt = 0; attempt < 6; attempt++) await fillSignIn(page, 'anne', `faux ${attempt}`);
    await expect(page.locator('[data-trouble=wait]')).toContainText(/réessayer à \d\d:\d\d/);
    const button = page.getByRole('button', { name: /Réessayer dans \d:\d\d/ });
    await expect(button).toBeDisabled();
    await expectAccessible(page);
    own.world.wrong = 0;
    await page.clock.fastForward(126_000);
    await expect(page.getByRole('button', { name: 'Se connecter' })).toBeEnabled();
    await fillSignIn(page, 'anne', password);
    await expect(page.locator('.bar')).toBeVisible();
  });

  test('offline: nothing typed is lost', async ({ page, own }) => {
    await page.goto(`${own.url}/patients`);
    await page.route('**/auth/sign-in', (route) => route.abort('internetdisconnected'));
    await fillSignIn(page, 'anne', password);
    await expect(page.locator('[data-trouble=offline]')).toBeVisible();
    await expect(page.locator('input[name=password]')).toHaveValue(password);
  });

  test('an address that was asked for opens after signing in', async ({ page, own }) => {
    await enter(page, own, '/p/p1/vaccines');
    await expect(page.getByRole('heading', { name: 'Vaccins', exact: false })).toBeVisible();
    await expect(page).toHaveURL(/\/p\/p1\/vaccines$/);
  });
});

test.describe('the lock', () => {
  test('a session that ended is renewed over the page, and what was typed is still there', async ({ page, own }) => {
    await enter(page, own, '/p/p1/results');
    const filter = page.getByLabel('Filtrer les analyses');
    await filter.fill('créa');
    own.world.open.clear();
    await page.keyboard.press('Control+k');
    await expect(page.getByRole('combobox').last()).toBeFocused();
    await page.keyboard.type('dup');
    await expect(page.getByRole('heading', { name: 'Votre session est terminée' })).toBeVisible();
    await expect(page.locator('input[name=password]')).toBeFocused();
    await expect(page).toHaveTitle('Aceso');
    await expectAccessible(page);
    await page.keyboard.type(password);
    await page.keyboard.press('Enter');
    await expect(page.locator('.lock')).toHaveCount(0);
    await expect(page.getByRole('combobox')).toHaveValue('dup');
    await expect(page.getByRole('option')).toHaveCount(3);
    await page.keyboard.press('Escape');
    await expect(filter).toHaveValue('créa');
  });

  test('the keyboard cannot reach the page behind', async ({ page, own }) => {
    await enter(page, own, '/p/p1');
    await expect(page.locator('.summary .line').first()).toBeVisible();
    await page.waitForLoadState('networkidle'); /* else a late panel brings the lock before the click */
    own.world.open.clear();
    await page.getByRole('link', { name: 'Vaccins' }).click();
    await expect(page.locator('.lock')).toBeVisible();
    for (let press = 0; press < 12; press++) {
      await page.keyboard.press('Tab');
      expect(await page.evaluate(() => document.activeElement === document.body || Boolean(document.activeElement?.closest('.lock')))).toBe(true);
    }
    await page.keyboard.press('Control+k');
    await expect(page.getByRole('combobox')).toHaveCount(0);
  });

  test('fifteen minutes without a touch lock the page and end the session', async ({ page, own }) => {
    await page.clock.install();
    await enter(page, own, '/p/p1');
    await expect(page.locator('.summary .line').first()).toBeVisible();
    await page.clock.runFor(14 * 60_000);
    await expect(page.locator('.lock')).toHaveCount(0);
    await page.clock.runFor(61_000);
    await expect(page.getByRole('heading', { name: 'Écran verrouillé' })).toBeVisible();
    await expect.poll(() => own.world.open.size).toBe(0);
  });

  test('signing out leaves nothing on the screen', async ({ page, own }) => {
    await enter(page, own, '/p/p1');
    await expect(page.getByRole('heading', { level: 1 })).toContainText('Dupont');
    await page.getByRole('button', { name: /Mon compte/ }).click();
    await page.getByRole('menuitem', { name: 'Se déconnecter' }).click();
    await expect(page.getByRole('heading', { name: 'Connexion' })).toBeVisible();
    await expect(page.getByText('Dupont')).toHaveCount(0);
    expect(own.world.open.size).toBe(0);
  });

  test('a sign-out that did not reach the server is not called one', async ({ page, own }) => {
    await enter(page, own, '/patients');
    await page.route('**/auth/sign-out', (route) => route.abort());
    await page.getByRole('button', { name: /Mon compte/ }).click();
    await page.getByRole('menuitem', { name: 'Se déconnecter' }).click();
    await expect(page.getByRole('alert')).toContainText('encore connecté');
  });
});

test.describe('finding a patient', () => {
  test('the keyboard alone: slash, three letters, Enter', async ({ page, own }) => {
    await enter(page, own, '/p/p5');
    await expect(page.getByRole('heading', { level: 1 })).toContainText('Lambert');
    await page.keyboard.press('/');
    await expect(page.getByRole('combobox')).toBeFocused();
    await page.keyboard.type('van');
    await expect(page.getByRole('option')).toContainText(['Van den Broeck']);
    await expectAccessible(page);
    await expectLargeTargets(page);
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(/\/p\/p4$/);
    await expect(page.getByRole('heading', { level: 1 })).toContainText('Van den Broeck');
    await expect(page.getByText('décédé le 24/12/2025')).toBeVisible();
  });

  test('Enter before the answer opens the only one there is', async ({ page, own }) => {
    await enter(page, own, '/p/p1');
    await page.keyboard.press('Control+k');
    await expect(page.getByRole('combobox').last()).toBeFocused();
    await page.keyboard.type('lamb');
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(/\/p\/p5$/);
  });

  test('arrows move, Enter opens, Escape gives the focus back', async ({ page, own }) => {
    await enter(page, own, '/p/p1');
    const tab = page.getByRole('link', { name: 'Vaccins' });
    await tab.focus();
    await page.keyboard.press('Control+k');
    await expect(page.getByRole('combobox')).toBeFocused();
    await page.keyboard.press('Escape');
    await expect(page.getByRole('combobox')).toHaveCount(0);
    await expect(tab).toBeFocused();
    await page.keyboard.press('Control+k');
    await expect(page.getByRole('combobox').last()).toBeFocused();
    await page.keyboard.type('dup');
    await expect(page.getByRole('option')).toHaveCount(3);
    await page.keyboard.press('ArrowDown');
    await expect(page.getByRole('option').nth(1)).toHaveAttribute('aria-selected', 'true');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(/\/p\/p3$/);
  });

  test('a slash in a field is a slash', async ({ page, own }) => {
    await enter(page, own, '/p/p1/results');
    await page.getByLabel('Filtrer les analyses').press('/');
    await expect(page.getByLabel('Filtrer les analyses')).toHaveValue('/');
    await expect(page.getByRole('combobox')).toHaveCount(0);
  });

  for (const typed of ['30/07/1985', '30071985', '85073003328', '85.07.30-033.28']) {
    test(`by ${typed}`, async ({ page, own }) => {
      await enter(page, own, '/patients');
      await page.getByRole('combobox').fill(typed);
      await expect(page.getByRole('option')).toHaveCount(1);
      await expect(page.getByRole('option')).toContainText('Marc');
      await expect(page.getByRole('option')).toContainText('85.07.30-033.28');
    });
  }

  const finds = [
    { typed: 'LOUISE dupont', found: ['Dupont Marie Louise'], marked: ['Dupont', 'Louise'], says: 'Par nom: 1', why: 'any given name, any order, any case' },
    { typed: 'eli', found: ['Dupuis Élise'], marked: ['Éli'], says: 'Par nom: 1', why: 'no accent typed' },
    { typed: 'broeck van den', found: ['Van den Broeck Jan'], marked: [], says: 'se prononcent de la même façon: 1', why: 'words of one name keep their order, but sound the same in any' },
    { typed: 'van den br', found: ['Van den Broeck Jan'], marked: ['Van', 'den', 'Br'], says: 'Par nom: 1', why: 'a name of three words' },
    { typed: '07/1985', found: ['Dupont Marc', 'Schröder Jürgen'], marked: ['30/07/1985', '12/07/1985'], says: 'Par date de naissance: 2', why: 'a month' },
    { typed: 'dup 1985', found: ['Dupont Marc'], marked: ['Dup', '30/07/1985'], says: 'Par nom et date de naissance: 1', why: 'a name and a year' },
    { typed: '850712', found: ['Schröder Jürgen'], marked: ['85.07.12-061.55'], says: 'Par numéro national: 1', why: 'the beginning of a national number' },
    { typed: '0461987654', found: ['Dupont Marc'], marked: ['+32 461 98 76 54'], says: 'Par téléphone: 1', why: 'written otherwise in the record' },
    { typed: 'schr +32 81 22 33 44', found: ['Schröder Jürgen'], marked: ['Schr', '081/22.33.44'], says: 'Par nom et téléphone: 1', why: 'a name and a telephone' },
    { typed: 'dupond', found: ['Dupont Marc', 'Dupont Marie Louise'], marked: [], says: 'se prononcent de la même façon: 2', why: 'nobody is called so: by sound' },
    { typed: 'dupond 1985', found: ['Dupont Marc'], marked: ['30/07/1985'], says: 'se prononcent de la même façon: 1', why: 'by sound, with a year' },
  ];
  for (const { typed, found, marked, says, why } of finds) {
    test(`"${typed}": ${why}`, async ({ page, own }) => {
      await enter(page, own, '/patients');
      await page.getByRole('combobox').fill(typed);
      await expect(page.getByRole('status').filter({ hasText: says })).toBeVisible();
      const names = await page.locator('.find-name').evaluateAll((all) => all.map((each) => [...each.childNodes].filter((one) => !(one instanceof Element && one.matches('.tag'))).map((one) => one.textContent).join('')));
      expect(names).toEqual(found);
      expect(await page.locator('.find-list mark').allInnerTexts().then((all) => all.map((each) => each.toLowerCase()))).toEqual(marked.map((each) => each.toLowerCase()));
      await expectAccessible(page);
    });
  }

  test('a maiden name is found, and the row says why', async ({ page, own }) => {
    await enter(page, own, '/patients');
    await page.getByRole('combobox').fill('wau');
    await expect(page.getByRole('option')).toContainText('Schröder');
    await expect(page.getByRole('option')).toContainText('aussi: Jürgen Wauters');
    await expect(page.getByRole('option').locator('mark')).toHaveText('Wau');
  });

  test('a name that only sounds like it is never opened unseen', async ({ page, own }) => {
    await enter(page, own, '/patients');
    const field = page.getByRole('combobox');
    await field.pressSequentially('lambeer', { delay: 5 });
    await field.press('Enter');
    await expect(page.getByRole('status').filter({ hasText: 'se prononcent' })).toBeVisible();
    await expect(page.getByRole('option')).toHaveCount(1);
    await expect(page).toHaveURL(`${own.url}/patients`);
    await field.press('Enter');
    await expect(page).toHaveURL(/\/p\/p5$/);
  });

  test('between two letters nothing on the screen goes away', async ({ page, own }) => {
    await enter(page, own, '/patients');
    const field = page.getByRole('combobox');
    await field.fill('dup');
    await expect(page.getByRole('option')).toHaveCount(3);
    let held = true;
    await page.route('**/fhir/Patient?*', async (route) => {
      while (held) await new Promise((resolve) => setTimeout(resolve, 20));
      await route.continue().catch(() => undefined);
    });
    const asked = page.waitForRequest(/Patient\?name=dupo/);
    await field.fill('dupo');
    await asked;
    await expect(page.getByRole('status').filter({ hasText: 'Par nom: 3 patients' })).toBeVisible();
    expect(await page.getByRole('option').count()).toBe(3);
    held = false;
    await expect(page.getByRole('option')).toHaveCount(2);
    await field.fill('dupozz');
    await expect(page.getByText('Vérifiez l’orthographe')).toBeVisible();
    held = true;
    const again = page.waitForRequest(/Patient\?name=dupozzz/);
    await field.fill('dupozzz');
    await again;
    expect(await page.getByText('Vérifiez l’orthographe').isVisible(), 'the note stays while the next answer is on its way').toBe(true);
    held = false;
  });

  test('the search speaks all four languages', async ({ page, own }) => {
    await enter(page, own, '/patients');
    const words = [['Nederlands', 'Op naam en geboortedatum: 1 patiënt', 'hetzelfde klinken'], ['Deutsch', 'Nach Name und Geburtsdatum: 1 Patient', 'gleich klingen'], ['English', 'By name and birth date: 1 patient', 'sound the same']] as const;
    for (const [language, exact, sounds] of words) {
      await page.locator('.bar-right .bar-button').first().click();
      await page.getByRole('menuitem', { name: language }).click();
      const field = page.getByRole('combobox');
      await field.fill('dup 1985');
      await expect(page.getByRole('status').filter({ hasText: exact })).toBeVisible();
      await field.fill('dupond');
      await expect(page.getByRole('status').filter({ hasText: sounds })).toBeVisible();
    }
  });

  test('an old answer never overwrites a newer one, and fast typing asks once', async ({ page, own }) => {
    await enter(page, own, '/patients');
    own.world.asked.length = 0;
    await page.route('**/fhir/Patient?name=du&*', async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 900));
      await route.continue().catch(() => undefined);
    });
    const field = page.getByRole('combobox');
    const old = page.waitForRequest(/Patient\?name=du&/);
    await field.fill('du');
    await old;
    await field.fill('lamb');
    await expect(page.getByRole('option')).toHaveCount(1);
    await page.waitForTimeout(1100);
    await expect(page.getByRole('option')).toHaveCount(1);
    await field.fill('');
    own.world.asked.length = 0;
    await field.focus();
    /* In the page: keys from outside may come further apart, on a busy machine, than typing lasts. */
    await page.evaluate(async (letters) => {
      for (const letter of letters) {
        document.execCommand('insertText', false, letter);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }, 'dupont');
    await expect(page.getByRole('option')).toHaveCount(2);
    expect(own.world.asked.filter((each) => each.startsWith('/fhir/Patient?')).length).toBe(1);
  });

  test('nobody found, half a date, a failing server', async ({ page, own }) => {
    await enter(page, own, '/patients');
    const field = page.getByRole('combobox');
    await field.fill('zzz');
    await expect(page.locator('.note').getByText('Aucun patient trouvé')).toBeVisible();
    await expect(page.getByRole('status').filter({ hasText: 'Aucun patient trouvé' })).toBeAttached();
    await expectAccessible(page);
    await field.fill('30/07/19');
    await expect(page.getByRole('status').filter({ hasText: 'jour, mois et année' })).toBeVisible();
    await page.route('**/fhir/Patient?*', answer(500));
    await field.fill('dup');
    await expect(page.locator('[data-failure=server]')).toBeVisible();
    await page.unroute('**/fhir/Patient?*');
    await page.getByRole('button', { name: 'Réessayer' }).click();
    await expect(page.getByRole('option')).toHaveCount(3);
  });
});

test.describe('the chart', () => {
  const sections = ['', '/timeline', '/results', '/vitals', '/medicines', '/vaccines', '/documents'];
  for (const section of sections) {
    test(`full${section || '/summary'}: axe, targets, no word of the interface behind`, async ({ page, own }) => {
      await enter(page, own, `/p/p1${section}`);
      await page.waitForLoadState('networkidle');
      await expectAccessible(page);
      await expectLargeTargets(page);
      const text = await page.locator('body').innerText();
      expect(text).not.toMatch(/\b(FHIR|Observation|Encounter|Condition|MedicationRequest|AllergyIntolerance|Bundle|undefined|null|NaN|Invalid Date)\b/);
      await page.setViewportSize({ width: 320, height: 700 });
      await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth), 'reflow at 320 px').toBeLessThanOrEqual(320);
      await expectAccessible(page);
    });

    test(`empty${section || '/summary'}: says so`, async ({ page, own }) => {
      await enter(page, own, `/p/p5${section}`);
      await page.waitForLoadState('networkidle');
      await expect(page.locator('.chart-body').getByText(/^(Auc|Rien)/).first()).toBeVisible();
      await expectAccessible(page);
    });

    test(`no access and errors${section || '/summary'}: says so, banner stays`, async ({ page, own }) => {
      await page.route(/\/fhir\/(?!Patient\/)/, answer(403));
      await enter(page, own, `/p/p1${section}`);
      await expect(page.locator('[data-failure=forbidden]').first()).toBeVisible();
      await expect(page.getByRole('heading', { level: 1 })).toContainText('Dupont');
      await expectAccessible(page);
      for (const [status, kind] of [[500, 'server'], [503, 'busy'], [400, 'server']] as const) {
        await page.unrouteAll();
        await page.route(/\/fhir\/(?!Patient\/)/, answer(status));
        await page.reload();
        await expect(page.locator(`[data-failure=${kind}]`).first()).toBeVisible();
      }
      await expectAccessible(page);
    });
  }

  test('offline: the panel says so and loads by itself when the network is back', async ({ page, own, context }) => {
    await enter(page, own, '/p/p1');
    await expect(page.locator('.summary .line').first()).toBeVisible(); /* the network may rest before the chart is asked for */
    await page.waitForLoadState('networkidle');
    await context.setOffline(true);
    await expect(page.getByText('Vous êtes hors ligne')).toBeVisible();
    await page.getByRole('link', { name: 'Vaccins' }).click();
    await expect(page.locator('[data-failure=offline]')).toBeVisible();
    await expectAccessible(page);
    await context.setOffline(false);
    await expect(page.getByText('Grippe (saison)')).toBeVisible();
  });

  test('a patient that does not exist or is hidden', async ({ page, own }) => {
    await enter(page, own, '/p/nobody');
    await expect(page.locator('[data-failure=notFound]')).toBeVisible();
    await expectAccessible(page);
  });

  test('an answer about somebody else is refused as a whole', async ({ page, own }) => {
    await page.route('**/fhir/Condition?*', async (route) => {
      const response = await route.fetch();
      const bundle = await response.json();
      bundle.entry[0].resource.subject = { reference: 'Patient/p2' };
      await route.fulfill({ response, json: bundle });
    });
    await enter(page, own, '/p/p1');
    await expect(page.locator('[data-failure=mixedUp]')).toBeVisible();
    await expect(page.getByText('Diabète de type 2', { exact: true })).toHaveCount(0);
  });

  test('every request of a chart names its patient', async ({ page, own }) => {
    await enter(page, own, '/p/p1');
    await page.waitForLoadState('networkidle');
    own.world.asked.length = 0;
    for (const section of sections) {
      await page.goto(`${own.url}/p/p1${section}`);
      await page.waitForLoadState('networkidle');
    }
    /* The shell's own questions are about who is signed in. */
    const chart = own.world.asked.filter((each) => !each.startsWith('/fhir/PractitionerRole') && each !== '/fhir/$inbox');
    expect(chart.length).toBeGreaterThan(10);
    expect(chart.filter((each) => !/^\/fhir\/Patient\/p1(\/\$[a-z-]+)?$|[?&]patient=p1(&|$)/.test(each))).toEqual([]);
  });

  test('two windows, two patients, never mixed', async ({ page, own, context }) => {
    await enter(page, own, '/p/p1');
    const other = await context.newPage();
    await other.goto(`${own.url}/p/p2`);
    await expect(other.getByRole('heading', { level: 1 })).toContainText('Marc');
    await page.reload();
    await expect(page.getByRole('heading', { level: 1 })).toContainText('Marie');
    await expect(page).toHaveTitle(/DUPONT Marie/);
    await expect(other).toHaveTitle(/DUPONT Marc/);
  });

  test('an unknown allergy status is not "none"', async ({ page, own }) => {
    await enter(page, own, '/p/p5');
    await expect(page.locator('.allergy-strip')).toContainText('Aucune allergie enregistrée');
    await expect(page.getByText('Cela ne veut pas dire')).toBeVisible();
  });

  test('the timeline goes back to the beginning, in order', async ({ page, own }) => {
    await enter(page, own, '/p/p1/timeline');
    const older = page.getByRole('button', { name: 'Plus ancien' });
    const beginning = page.getByText('Début du dossier');
    for (let pages = 0; pages < 20; pages++) {
      await expect(older.or(beginning)).toBeVisible();
      if (await beginning.isVisible()) break;
      await older.click();
    }
    await expect(beginning).toBeVisible();
    const dates = await page.locator('.event-date').allInnerTexts();
    expect(dates.length).toBe(77);
    const sortable = dates.map((each) => each.replace(/^(\d\d)\/(\d\d)\/(\d{4}) (\d\d:\d\d).*$/, '$3$2$1$4'));
    expect(sortable).toEqual([...sortable].sort().reverse());
    await page.getByRole('radio', { name: 'Documents' }).check();
    await expect(page.locator('.event')).toHaveCount(3);
  });

  test('a value out of limits is marked by more than a colour', async ({ page, own }) => {
    await enter(page, own, '/p/p1/results');
    await page.getByRole('button', { name: /Créatinine/ }).click();
    const row = page.locator('.results-detail tbody tr').first();
    await expect(row).toContainText('élevé');
    await expect(row).toContainText('0,5 – 0,95');
    await expect(page.getByRole('img', { name: /Courbe: Créatinine/ })).toBeVisible();
  });

  test('a text opens as text', async ({ page, own }) => {
    await enter(page, own, '/p/p1/documents');
    await page.getByRole('button', { name: /Ouvrir · Texte: Lettre/ }).click();
    await expect(page.getByRole('dialog')).toContainText('Chère consœur');
    await expectAccessible(page);
    await page.keyboard.press('Escape');
    await expect(page.getByRole('dialog')).toHaveCount(0);
  });

  test('a PDF opens in a new tab that knows nothing of this one', async ({ page, own, context }) => {
    await enter(page, own, '/p/p1/documents');
    await page.getByRole('button', { name: /Radiographie/ }).click();
    const opened = context.waitForEvent('page');
    await page.getByRole('link', { name: /nouvel onglet/ }).click();
    const tab = await opened;
    expect(await tab.evaluate(() => window.opener).catch(() => null)).toBeNull();
    expect(tab.url()).toMatch(/^blob:|^about:blank|^chrome-extension:|^$/);
  });

  test('a page in a document is never run, only offered as a file', async ({ page, own, complaints }) => {
    await enter(page, own, '/p/p1/documents');
    await page.getByRole('button', { name: /Page trompeuse/ }).click();
    await expect(page.getByRole('dialog')).toContainText('ne s’affiche pas ici');
    const link = page.getByRole('link', { name: 'Télécharger' });
    const type = await link.evaluate(async (each) => (await fetch((each as HTMLAnchorElement).href).catch(() => null))?.headers.get('Content-Type') ?? 'refused');
    expect(['refused', 'application/octet-stream']).toContain(type);
    complaints.length = 0; /* the policy refused this test's own fetch, and said so */
    await expect(page.getByRole('link', { name: /nouvel onglet/ })).toHaveCount(0);
    await expect(page).not.toHaveTitle('taken');
  });
});

test.describe('the shell', () => {
  for (const [language, word] of [['Nederlands', 'Geneesmiddelen'], ['Deutsch', 'Medikamente'], ['English', 'Medicines']] as const) {
    test(`${language}: from the first screen, kept after a reload`, async ({ page, own }) => {
      await page.goto(`${own.url}/patients`);
      await page.getByRole('button', { name: /Langue/ }).click();
      await page.getByRole('menuitem', { name: language }).click();
      await expect(page.locator('html')).not.toHaveAttribute('lang', 'fr');
      await fillSignIn(page, 'anne', password);
      await page.goto(`${own.url}/p/p1`);
      await expect(page.getByRole('link', { name: word, exact: true })).toBeVisible();
      await expectAccessible(page);
      await page.setViewportSize({ width: 390, height: 844 });
      await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    });
  }

  test('the skip link comes first and leads to the content', async ({ page, own }) => {
    await enter(page, own, '/p/p1');
    await expect(page.locator('.tabs')).toBeVisible();
    await page.reload();
    await expect(page.locator('.tabs')).toBeVisible();
    await page.keyboard.press('Tab');
    await expect(page.getByRole('link', { name: 'Aller au contenu' })).toBeFocused();
    await page.keyboard.press('Enter');
    await expect(page.locator('main')).toBeFocused();
  });

  test('an unknown address', async ({ page, own }) => {
    await enter(page, own, '/nowhere');
    await expect(page.getByRole('heading', { name: 'Cette page n’existe pas' })).toBeVisible();
    await expectAccessible(page);
  });

  test('nothing about a patient is kept on the computer', async ({ page, own }) => {
    await enter(page, own, '/p/p1');
    await page.waitForLoadState('networkidle');
    const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]));
    expect(kept).toBe('[{},{},""]');
  });

  test('on paper: identity and allergies, without the frame', async ({ page, own }) => {
    await enter(page, own, '/p/p1');
    await page.waitForLoadState('networkidle');
    await page.emulateMedia({ media: 'print' });
    await expect(page.locator('.bar')).toBeHidden();
    await expect(page.locator('.tabs')).toBeHidden();
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await expect(page.locator('.allergy-strip')).toBeVisible();
    await expect(page.locator('.print-foot')).toContainText('Dr Anne Lecomte');
  });
});
