/* The screens of a day's work against the small server in mock/: what each does by key and by
 * click, its states, axe on every one, four languages. */
import type { Route } from '../../web/node_modules/@playwright/test/index.mjs';
import { expect, expectAccessible, expectLargeTargets, fillSignIn, test as base, type Page } from './harness';
import { instant } from './mock/clinic.mjs';
import { startServer } from './mock/server.mjs';

interface Visit {
  id: string;
  status: string;
  start: string;
  participant: { actor: { reference: string } }[];
}

interface Own {
  url: string;
  world: { clinic: { visits: Visit[]; drafts: Map<string, { version: number; text: string }>; notes: { status: string }[]; inbox: unknown[]; orders: unknown[] } };
  close: () => void;
}

interface As {
  role?: string;
  reference?: string;
  people?: number;
}

const test = base.extend<{ as: As; own: Own }>({
  as: [{}, { option: true }],
  own: async ({ as }, use) => {
    const own = (await startServer(as)) as Own;
    await use(own);
    own.close();
  },
});

const dayHere = new Intl.DateTimeFormat('en-CA', { timeZone: 'Europe/Brussels' }).format(new Date());

async function enter(page: Page, own: Own, path: string): Promise<void> {
  await page.goto(own.url + path);
  await fillSignIn(page, 'anne', 'une phrase assez longue');
  await expect(page.locator('.bar')).toBeVisible();
}

const answer = (status: number) => (route: Route) => route.fulfill({ status, body: '{}', contentType: 'application/fhir+json' });
const row = (page: Page, name: string) => page.locator('.agenda-row').filter({ hasText: name }).first();

test.describe('today', () => {
  test('the next patient, and states by key with a way back', async ({ page, own }) => {
    await enter(page, own, '/');
    await expect(page.locator('.next')).toContainText('Jean Lambert');
    await expectAccessible(page);
    await expectLargeTargets(page);
    await row(page, 'Ahmed Benali').focus();
    await page.keyboard.press('a');
    await expect(row(page, 'Ahmed Benali')).toContainText('arrivé');
    await page.keyboard.press('Control+z');
    await expect(row(page, 'Ahmed Benali')).toContainText('prévu');
  });

  test('one press calls in, the next ends', async ({ page, own }) => {
    await enter(page, own, '/');
    await page.getByRole('button', { name: 'Faire entrer: Jean Lambert' }).click();
    await expect(row(page, 'Jean Lambert')).toContainText('en consultation');
    await page.getByRole('button', { name: 'Terminé: Jean Lambert' }).click();
    await expect(row(page, 'Jean Lambert')).toContainText('terminé');
    expect(own.world.clinic.visits.find((each) => each.id === 'a0-1')?.status).toBe('fulfilled');
  });

  test('what did not reach the server is said, and nothing changes', async ({ page, own }) => {
    await enter(page, own, '/');
    await page.route('**/fhir/Appointment/a0-1', answer(500));
    await page.getByRole('button', { name: 'Faire entrer: Jean Lambert' }).click();
    await expect(page.locator('.toast-bad')).toBeVisible();
    await expect(row(page, 'Jean Lambert')).toContainText('arrivé');
  });

  for (const [language, title] of [['nl', 'Mijn dag'], ['de', 'Mein Tag'], ['en', 'My day']] as const)
    test(`speaks ${language}`, async ({ page, own }) => {
      await page.addInitScript((chosen) => window.localStorage.setItem('aceso.language', chosen), language);
      await enter(page, own, '/');
      await expect(page.getByRole('heading', { name: title })).toBeVisible();
    });
});

test.describe('calendar', () => {
  const column = (page: Page, at: number) => page.locator('.cal-column').nth(at);

  test('click, a name, Enter: booked; undone by Ctrl+Z', async ({ page, own }) => {
    await enter(page, own, `/calendar/${dayHere}/day`);
    await expect(page.locator('.cal-visit').first()).toBeVisible();
    await expectAccessible(page);
    const before = own.world.clinic.visits.length;
    await page.locator('.cal-scroll').evaluate((each) => each.scrollTo(0, 0));
    await column(page, 0).click({ position: { x: 40, y: 10 } });
    await expect(page.getByLabel('Nom du patient')).toBeFocused();
    await page.keyboard.type('dup');
    await expect(page.locator('.pick-list [role=option]').first()).toContainText('DUPONT');
    await expectAccessible(page, '.cal-form');
    await page.keyboard.press('Enter');
    await expect(page.locator('.toast')).toContainText('08:00');
    expect(own.world.clinic.visits.length).toBe(before + 1);
    await page.keyboard.press('Control+z');
    await expect.poll(() => own.world.clinic.visits.at(-1)?.status).toBe('cancelled');
  });

  test('the keyboard alone: arrows, Enter, a name, Enter', async ({ page, own }) => {
    await enter(page, own, `/calendar/${dayHere}/day`);
    await page.locator('.cal-scroll').focus();
    await page.keyboard.press('ArrowDown');
    for (let up = 0; up < 4; up++) await page.keyboard.press('ArrowUp');
    await expect(page.getByText('Dr Anne Lecomte, 08:00: libre')).toBeAttached();
    await page.keyboard.press('Enter');
    await expect(page.getByLabel('Nom du patient')).toBeFocused();
    await page.keyboard.type('dup');
    await expect(page.locator('.pick-list [role=option]').first()).toBeVisible();
    await page.keyboard.press('Enter');
    await expect(page.locator('.toast')).toContainText('08:00');
  });

  test('an hour that was taken meanwhile is told, and nothing is lost', async ({ page, own }) => {
    await enter(page, own, `/calendar/${dayHere}/day`);
    await page.locator('.cal-scroll').evaluate((each) => each.scrollTo(0, 0));
    await column(page, 0).click({ position: { x: 40, y: 10 } });
    await page.route('**/fhir/Appointment/$book', (route) =>
      route.fulfill({
        status: 409,
        contentType: 'application/fhir+json',
        body: JSON.stringify({ resourceType: 'OperationOutcome', issue: [{ severity: 'error', code: 'conflict' }, { severity: 'information', code: 'informational', diagnostics: instant(dayHere, 545) }] }),
      }),
    );
    await expect(page.getByLabel('Nom du patient')).toBeFocused();
    await page.keyboard.type('dup');
    await expect(page.locator('.pick-list [role=option]').first()).toBeVisible();
    await page.keyboard.press('Enter');
    await expect(page.getByRole('alert')).toContainText('n’est plus libre');
    await page.getByRole('button', { name: /09:05/ }).click();
    await expect(page.getByRole('dialog', { name: /09:05/ })).toBeVisible();
  });

  test('drag moves, and back', async ({ page, own }) => {
    await enter(page, own, `/calendar/${dayHere}/day`);
    await page.locator('.cal-scroll').evaluate((each) => each.scrollTo(0, 0));
    const visit = page.locator('.cal-visit').filter({ hasText: '10:00' }).filter({ hasText: 'Ahmed Benali' }).first();
    const box = await visit.boundingBox();
    if (!box) throw new Error('no box');
    const was = own.world.clinic.visits.find((each) => each.id === 'a0-2')?.start;
    await page.mouse.move(box.x + 20, box.y + 5);
    await page.mouse.down();
    await page.mouse.move(box.x + 20, box.y + 40, { steps: 4 });
    await page.mouse.up();
    await expect(page.locator('.toast')).toContainText('Ahmed Benali');
    expect(own.world.clinic.visits.find((each) => each.id === 'a0-2')?.start).not.toBe(was);
    await page.keyboard.press('Control+z');
    await expect.poll(() => own.world.clinic.visits.find((each) => each.id === 'a0-2')?.start).toBe(was);
  });

  test('a week of one person, and the waiting list', async ({ page, own }) => {
    await enter(page, own, `/calendar/${dayHere}/week`);
    await expect(page.locator('.cal-who')).toHaveCount(7);
    await page.getByRole('button', { name: 'Liste d’attente' }).click();
    await expect(page.getByText('Personne n’attend')).toBeVisible();
    await expectAccessible(page);
  });

  test('no access and a fault have their words', async ({ page, own }) => {
    await page.route('**/fhir/Schedule/**', answer(403));
    await enter(page, own, `/calendar/${dayHere}/day`);
    await expect(page.locator('[data-failure=forbidden]')).toBeVisible();
  });

  test.describe('forty people', () => {
    test.use({ as: { people: 40 } });
    test('only what can be seen is made', async ({ page, own }) => {
      await enter(page, own, `/calendar/${dayHere}/day`);
      await expect(page.locator('.cal-visit').first()).toBeVisible();
      expect(await page.locator('.cal-column').count()).toBeLessThan(20);
      await page.locator('.cal-scroll').evaluate((each) => each.scrollTo(6000, 0));
      await expect(page.locator('.cal-who').last()).toBeVisible();
    });
  });
});

test.describe('consultation', () => {
  test('typed, kept, a line prescribed, signed, added to', async ({ page, own }) => {
    await enter(page, own, '/p/p1/consult');
    await expect(page.getByLabel('Motif et plaintes')).toBeFocused();
    await page.keyboard.type('Toux depuis cinq jours');
    await expect(page.getByText('Enregistré', { exact: true })).toBeVisible();
    expect(own.world.clinic.drafts.size).toBe(1);
    await expectAccessible(page);
    await page.getByLabel('Une ligne, comme vous la diriez').fill('amoxicilline 500');
    await expect(page.getByText('500 mg, 3 fois par jour')).toBeVisible();
    await page.keyboard.press('Enter');
    await expect(page.locator('.toast')).toContainText('amoxicilline 500');
    expect(own.world.clinic.orders).toHaveLength(1);
    await page.getByLabel('Plan').focus();
    await page.keyboard.press('Control+Enter');
    await expect(page.getByText('Signée', { exact: true })).toBeVisible();
    expect(own.world.clinic.notes[0]?.status).toBe('final');
    expect(own.world.clinic.drafts.size).toBe(0);
    await page.getByLabel(/verrouillée/).fill('Fièvre ce soir');
    await expect.poll(() => [...own.world.clinic.drafts.keys()].join()).toContain('addendum Composition/');
    await page.reload();
    await expect(page.getByLabel(/verrouillée/)).toHaveValue('Fièvre ce soir');
    await page.getByRole('button', { name: 'Ajouter et signer' }).click();
    await expect(page.locator('.addendum')).toContainText('Fièvre ce soir');
    await expectAccessible(page);
  });

  for (const lost of ['question', 'answer']) {
    test(`signing whose ${lost} is lost leaves one note, signed by the second attempt`, async ({ page, own }) => {
      await enter(page, own, '/p/p1/consult');
      await expect(page.getByLabel('Motif et plaintes')).toBeFocused();
      await page.keyboard.type('Toux');
      const signing = /Composition(\/.*)?\/\$sign$/;
      await page.route(signing, async (route) => {
        if (lost === 'answer') await route.fetch();
        await route.abort('internetdisconnected');
      });
      await page.keyboard.press('Control+Enter');
      await expect(page.locator('.toast')).toBeVisible();
      await page.unroute(signing);
      await page.getByRole('button', { name: 'Signer' }).click();
      await expect(page.getByText('Signée', { exact: true })).toBeVisible();
      expect(own.world.clinic.notes.map((each) => each.status)).toEqual(['final']);
    });
  }

  test('two windows: both texts are shown and both can be kept', async ({ page, own }) => {
    await enter(page, own, '/p/p1/consult');
    await expect(page.getByLabel('Motif et plaintes')).toBeFocused();
    await page.keyboard.type('Ici');
    await expect(page.getByText('Enregistré', { exact: true })).toBeVisible();
    own.world.clinic.drafts.set('note Patient/p1', { version: 9, text: JSON.stringify({ story: 'Ailleurs' }) });
    await page.keyboard.type(' aussi');
    await expect(page.getByRole('alert')).toContainText('autre fenêtre');
    await expect(page.locator('.conflict-sides')).toContainText('Ici aussi');
    await expect(page.locator('.conflict-sides')).toContainText('Ailleurs');
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Garder les deux' }).click();
    await expect(page.getByLabel('Motif et plaintes')).toHaveValue('Ici aussi\n\nAilleurs');
  });

  test('without a network the text stays and is kept later', async ({ page, own }) => {
    await enter(page, own, '/p/p1/consult');
    await expect(page.getByLabel('Motif et plaintes')).toBeFocused();
    await page.route('**/fhir/$save-draft', (route) => route.abort('internetdisconnected'));
    await page.keyboard.type('Pas perdu');
    await expect(page.getByText('Pas encore enregistré', { exact: false })).toBeVisible();
    await page.unroute('**/fhir/$save-draft');
    await expect(page.getByText('Enregistré', { exact: true })).toBeVisible();
    expect([...own.world.clinic.drafts.values()][0]?.text).toContain('Pas perdu');
  });
});

/* As slow as a line in the country. */
async function slowly(page: Page, path: string): Promise<void> {
  await page.route(path, async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await route.continue();
  });
}

test.describe('a slow line', () => {
  test('what is typed while a save is on its way is kept by whoever leaves then', async ({ page, own }) => {
    await enter(page, own, '/p/p1/consult');
    await expect(page.getByLabel('Motif et plaintes')).toBeFocused();
    await slowly(page, '**/fhir/$save-draft');
    const sent = page.waitForRequest('**/fhir/$save-draft');
    await page.keyboard.type('Toux');
    await sent;
    await page.keyboard.type(' et fièvre');
    await page.getByRole('link', { name: 'Dossier' }).last().click();
    await expect(page).toHaveURL(/\/p\/p1$/);
    await expect.poll(() => [...own.world.clinic.drafts.values()][0]?.text ?? '').toContain('Toux et fièvre');
  });

  test('a note that was signed does not come back as a draft', async ({ page, own }) => {
    await enter(page, own, '/p/p1/consult');
    await expect(page.getByLabel('Motif et plaintes')).toBeFocused();
    await slowly(page, '**/fhir/$save-draft');
    const sent = page.waitForRequest('**/fhir/$save-draft'), kept = page.waitForResponse('**/fhir/$save-draft');
    await page.keyboard.type('Toux');
    await sent;
    await page.keyboard.press('Control+Enter');
    await expect(page.getByText('Signée', { exact: true })).toBeVisible();
    await kept;
    await expect.poll(() => own.world.clinic.drafts.size).toBe(0);
    expect(own.world.clinic.notes).toHaveLength(1);
  });
});

test.describe('inbox', () => {
  test('a key that is held down finishes one', async ({ page, own }) => {
    await enter(page, own, '/inbox');
    const rows = page.locator('.inbox-row');
    await expect(rows.first()).toContainText('Rappeler');
    const before = await rows.count();
    await rows.first().focus();
    await page.keyboard.press('j');
    for (let at = 0; at < 20; at++) {
      await page.keyboard.down('e');
      await page.waitForTimeout(50);
    }
    await page.keyboard.up('e');
    await expect(rows).toHaveCount(before - 1);
  });

  test('worked through by the keyboard', async ({ page, own }) => {
    await enter(page, own, '/inbox');
    await expect(page.locator('.inbox-row').first()).toContainText('Rappeler');
    await expectAccessible(page);
    await expectLargeTargets(page);
    await page.locator('.inbox-row').first().focus();
    await page.keyboard.press('j');
    await expect(page.locator('.inbox-detail')).toContainText('HbA1c');
    await page.keyboard.press('e');
    await expect(page.locator('.inbox-row')).toHaveCount(3);
  });

  test('empty and fault', async ({ page, own }) => {
    own.world.clinic.inbox = [];
    await enter(page, own, '/inbox');
    await expect(page.getByText('Rien n’attend')).toBeVisible();
    await expectAccessible(page);
  });
});

test.describe('new patient', () => {
  test('the number fills in what it says, and a wrong one stops', async ({ page, own }) => {
    await enter(page, own, '/patients/new');
    await expect(page.getByLabel('Numéro national')).toBeFocused();
    await page.keyboard.type('85073003328');
    await expect(page.getByLabel('Date de naissance')).toHaveValue('30/07/1985');
    await expect(page.getByLabel('Sexe')).toHaveValue('male');
    await expectAccessible(page);
    await page.getByLabel('Numéro national').fill('85073003329');
    await expect(page.getByText('chiffres de contrôle ne correspondent pas', { exact: false })).toBeVisible();
    await page.getByLabel('Nom', { exact: true }).fill('Durand');
    await page.getByRole('button', { name: 'Créer le dossier' }).click();
    expect(own.world.clinic.notes).toHaveLength(0);
  });
});

test.describe('door', () => {
  test('the times are seen without an account, and stay chosen through the sign-in', async ({ page, own }) => {
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto(`${own.url}/book`);
    await expect(page.locator('.time').first()).toBeVisible();
    await expectAccessible(page);
    await expectLargeTargets(page);
    await page.locator('.time').first().click();
    await expect(page.locator('.ticket')).toContainText('09:00');
    await page.getByRole('main').getByRole('button', { name: 'Se connecter' }).click();
    await fillSignIn(page, 'anne', 'une phrase assez longue');
    await expect(page.locator('.ticket')).toContainText('09:00');
    await page.getByRole('button', { name: 'Confirmer' }).click();
    await expect(page.getByRole('heading', { name: 'C’est noté' })).toBeVisible();
    await expectAccessible(page);
  });

  test('the way back leads from an hour to the hours', async ({ page, own }) => {
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto(`${own.url}/book`);
    for (const away of [() => page.goBack(), () => page.getByRole('button', { name: 'Une autre heure' }).click()]) {
      await page.locator('.time').first().click();
      await expect(page.locator('.ticket')).toContainText('09:00');
      await away();
      await expect(page.locator('.time').first()).toBeVisible();
      await expect(page).toHaveURL(/\/book$/);
    }
  });

  test.describe('of a patient', () => {
    test.use({ as: { role: 'patient', reference: 'Patient/p1' } });
    test('home on a phone: what comes, and the ways on', async ({ page, own }) => {
      await page.setViewportSize({ width: 390, height: 844 });
      await enter(page, own, '/');
      await expect(page.getByRole('heading', { name: /Bonjour/ })).toBeVisible();
      await expectAccessible(page);
      await expectLargeTargets(page);
      await page.getByRole('link', { name: /^Accords/ }).click();
      await expect(page.getByRole('heading', { name: 'Accords' })).toBeVisible();
      await expectAccessible(page);
    });
  });
});

test.describe('administration', () => {
  test.use({ as: { role: 'admin' } });
  test('who sees what, and why', async ({ page, own }) => {
    await enter(page, own, '/admin/access');
    await page.getByLabel('Nom d’utilisateur').fill('anne');
    await page.getByLabel(/^Patient/).fill('p1');
    await page.keyboard.press('Enter');
    await expect(page.getByText('Lien de soin jusqu’au 23/05/2027')).toBeVisible();
    await expectAccessible(page);
    await page.getByRole('link', { name: 'Horaires' }).click();
    await expect(page.locator('.week-open').first()).toBeVisible();
    await expectAccessible(page);
  });
});
