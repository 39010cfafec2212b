/* Patients whom the user does not care for yet, against the small server in mock/: the way there, the
 * form, the emergency with its proof, the bar over the chart, its end, and who looks it over. */
import { expect, expectAccessible, expectLargeTargets, fillSignIn, test as base, type Page } from './harness';
import { startServer } from './mock/server.mjs';

interface Own {
  url: string;
  world: { asked: string[]; glass: { teams: { status: string; category: { coding: { code: string }[] }[] }[]; tasks: { status: string }[]; proven: boolean; glassMs: number } };
  close: () => void;
}

interface As {
  role?: string;
  reference?: string;
}

const test = base.extend<{ as: As; own: Own }>({
  as: [{}, { option: true }],
  own: async ({ as }, use) => {
    const own = (await startServer(as)) as Own;
    await use(own);
    own.close();
  },
});

const phone = { width: 390, height: 844 };
const shots = process.env.ACESO_SHOTS ?? '';
const way = (page: Page) => page.getByRole('link', { name: 'Un patient que vous ne suivez pas encore' });

async function shot(page: Page, name: string): Promise<void> {
  if (shots) await page.screenshot({ path: `${shots}/${name}.png` });
}

async function enter(page: Page, own: Own, path: string): Promise<void> {
  await page.goto(own.url + path);
  await fillSignIn(page, 'anne', 'une phrase assez longue');
  await expect(page.locator('.bar')).toBeVisible();
}

/* The form is there when its first field has the focus. */
async function openForm(page: Page, own: Own): Promise<void> {
  await enter(page, own, '/patients/other');
  await expect(page.getByRole('textbox', { name: 'Numéro national' })).toBeFocused();
}

async function fillEmergency(page: Page): Promise<void> {
  await page.getByRole('radio', { name: 'C’est une urgence' }).check();
  await page.getByLabel('Ce qui se passe').selectOption('life-threatening');
  await page.getByLabel('Pourquoi faut-il ouvrir maintenant ?').fill('Trouvée chez elle, confuse');
}

async function prove(page: Page): Promise<void> {
  const dialog = page.getByRole('dialog', { name: 'Confirmez que c’est vous' });
  await expect(dialog).toBeVisible();
  await dialog.locator('input[name=code]').fill('123456');
  await page.keyboard.press('Enter');
}

async function breakIt(page: Page, own: Own): Promise<void> {
  await openForm(page, own);
  await page.getByRole('textbox', { name: 'Numéro national' }).fill('90.05.17-002.55');
  await fillEmergency(page);
  await page.getByRole('button', { name: 'Ouvrir en urgence' }).click();
  await prove(page);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Évrard');
}

test('under a search that found nobody, and under one that did, stands the same way on', async ({ page, own }) => {
  await enter(page, own, '/patients');
  for (const typed of ['evrard', 'dup']) {
    await page.getByRole('combobox').fill(typed);
    await expect(typed === 'dup' ? page.getByRole('option').first() : page.getByText('Aucun patient trouvé').last()).toBeVisible();
    await expect(way(page)).toBeVisible();
  }
  await expectAccessible(page);
  await expectLargeTargets(page);
  await page.keyboard.press('Control+k');
  await page.getByRole('dialog').getByRole('link', { name: 'Un patient que vous ne suivez pas encore' }).press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'Un patient que vous ne suivez pas encore' })).toBeVisible();
  await expect(page.getByRole('dialog')).toHaveCount(0);
});

test('nobody and a wrong name are answered alike, and what was typed stays', async ({ page, own }) => {
  await openForm(page, own);
  await page.getByRole('button', { name: 'Ouvrir le dossier' }).click();
  await expect(page.locator('[aria-invalid=true]')).toBeFocused();
  expect(own.world.asked.some((each) => each.includes('$link'))).toBe(false);
  await page.keyboard.type('85073003329');
  await expect(page.getByText('chiffres de contrôle')).toBeVisible();
  await page.getByRole('radio', { name: 'Nom et naissance' }).check();
  await expect(page.getByLabel('Nom', { exact: true })).toBeFocused();
  await page.keyboard.type('evrard');
  await page.keyboard.press('Tab');
  await page.keyboard.type('lea');
  await page.keyboard.press('Tab');
  await page.keyboard.type('18/05/1990');
  await page.getByLabel('Sexe').selectOption('female');
  await page.keyboard.press('Tab');
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Ouvrir le dossier' }).click();
  await expect(page.getByRole('alert')).toContainText('ne désignent pas un patient');
  await expect(page.getByLabel('Nom', { exact: true })).toHaveValue('evrard');
  await expectAccessible(page);
  await shot(page, 'stranger-nobody');
  await page.getByLabel('Date de naissance').fill('17/05/1990');
  await expect(page.getByText('ne désignent pas un patient')).toHaveCount(0);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Évrard');
  expect(own.world.glass.teams[0]?.category[0]?.coding[0]?.code).toBe('contact');
  await expect(page.locator('.glass-bar')).toHaveCount(0);
});

test('another evidence has to be said', async ({ page, own }) => {
  await openForm(page, own);
  await page.keyboard.type('90051700255');
  await page.getByLabel('D’où le savez-vous ?').selectOption('other');
  await page.getByRole('button', { name: 'Ouvrir le dossier' }).click();
  await expect(page.getByLabel('Précisions')).toBeFocused();
  await page.keyboard.type('Vue au domicile');
  await page.getByRole('button', { name: 'Ouvrir le dossier' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Évrard');
});

test('an emergency: said plainly, proven in place, and red on every page of the chart', async ({ page, own }) => {
  await openForm(page, own);
  await page.keyboard.type('90051700255');
  await page.getByRole('radio', { name: 'C’est une urgence' }).check();
  for (const each of ['quatre heures au plus', 'Le patient voit', 'contrôlée après coup', 'second facteur']) await expect(page.locator('.glass-rules')).toContainText(each);
  await expectAccessible(page);
  await expectLargeTargets(page);
  await shot(page, 'emergency-form');
  await page.getByRole('button', { name: 'Ouvrir en urgence' }).click();
  await expect(page.getByLabel('Ce qui se passe')).toBeFocused();
  await fillEmergency(page);
  await page.getByRole('button', { name: 'Ouvrir en urgence' }).click();
  await expect(page.getByRole('dialog', { name: 'Confirmez que c’est vous' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByLabel('Pourquoi faut-il ouvrir maintenant ?')).toHaveValue('Trouvée chez elle, confuse');
  expect(own.world.glass.teams).toHaveLength(0);
  await page.getByRole('button', { name: 'Ouvrir en urgence' }).click();
  await prove(page);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Évrard');
  const bar = page.getByRole('region', { name: 'Dossier ouvert en urgence' });
  for (const section of ['', '/timeline', '/notes', '/results', '/vitals', '/medicines', '/vaccines', '/documents', '/forms', '/consult']) {
    await page.goto(`${own.url}/p/p7${section}`);
    await expect(bar, section).toContainText(/jusqu’à \d\d:\d\d/);
    await expect(bar).toContainText('encore 4 h 00');
    await expect(bar).toContainText('Sa vie est en danger : Trouvée chez elle, confuse');
  }
  await page.goto(`${own.url}/p/p7`);
  await expect(page.locator('.banner')).toBeVisible();
  await expectAccessible(page);
  await shot(page, 'bar');
  await page.setViewportSize(phone);
  await expectAccessible(page);
  await expectLargeTargets(page);
  await shot(page, 'bar-phone');
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  await page.goto(`${own.url}/p/p1`);
  await expect(page.locator('.banner')).toBeVisible();
  await expect(bar, 'of another patient').toHaveCount(0);
});

test('ended now: the chart is left, and nothing of it stays', async ({ page, own, context }) => {
  await breakIt(page, own);
  const other = await context.newPage();
  await other.goto(`${own.url}/p/p7/notes`);
  await expect(other.locator('.glass-bar')).toBeVisible();
  await page.getByRole('button', { name: 'Terminer maintenant' }).click();
  await expect(page).toHaveURL(`${own.url}/patients`);
  await expect(page.locator('.toast')).toContainText('terminée');
  await expect(page.getByText('Évrard')).toHaveCount(0);
  expect(own.world.glass.teams[0]?.status).toBe('inactive');
  await expect(other.getByRole('heading', { level: 1, name: 'Ce dossier a été refermé' })).toBeVisible();
  await expect(other.getByText('Évrard')).toHaveCount(0);
  await expectAccessible(other);
  await page.goBack();
  await expect(page.locator('[data-failure=notFound]')).toBeVisible();
  await expect(way(page)).toBeVisible();
});

test('an end that does not reach the server is said, and the bar stays', async ({ page, own }) => {
  await breakIt(page, own);
  await page.route('**/fhir/Patient/*/$unlink', (route) => route.abort('internetdisconnected'));
  await page.getByRole('button', { name: 'Terminer maintenant' }).click();
  await expect(page.locator('.toast-bad')).toBeVisible();
  await expect(page.locator('.glass-bar')).toBeVisible();
});

test('when its time is up the chart closes itself', async ({ page, own }) => {
  own.world.glass.glassMs = 8_000;
  await breakIt(page, own);
  await expect(page.locator('.glass-bar')).toContainText('encore 1 min');
  await expect(page.getByRole('heading', { level: 1, name: /L’ouverture en urgence a pris fin à \d\d:\d\d/ })).toBeVisible();
  await expect(page.locator('.banner')).toHaveCount(0);
  await expect(page).toHaveTitle('Aceso');
  await expectAccessible(page);
  await shot(page, 'over');
  await page.getByRole('button', { name: 'Revoir le dossier' }).click();
  await expect(page.locator('[data-failure=notFound]')).toBeVisible();
  await page.goto(`${own.url}/patients`);
  await expect(page.getByText('Évrard')).toHaveCount(0);
});

test('a clock of this computer that goes wrong does not matter', async ({ page, own }) => {
  own.world.glass.glassMs = 90 * 60_000;
  await page.clock.install({ time: Date.now() + 5 * 3_600_000 });
  await breakIt(page, own);
  await expect(page.locator('.glass-bar')).toContainText('encore 1 h 30');
});

test('from a chart: the way stands in every one, and opens what is closed to the profession', async ({ page, own }) => {
  await enter(page, own, '/p/p1');
  await page.getByRole('link', { name: 'Ouvrir en urgence' }).click();
  await expect(page.getByRole('heading', { level: 2, name: 'Ouvrir en urgence' })).toBeVisible();
  await expect(page.locator('.banner')).toContainText('Dupont');
  await expect(page.getByText('Numéro national')).toHaveCount(0);
  await expectAccessible(page);
  await page.getByLabel('Ce qui se passe').selectOption('patient-asks');
  await page.getByLabel('Pourquoi faut-il ouvrir maintenant ?').fill('Demande de la patiente');
  await page.getByRole('button', { name: 'Ouvrir en urgence' }).click();
  await prove(page);
  await expect(page).toHaveURL(`${own.url}/p/p1`);
  await expect(page.locator('.glass-bar')).toContainText('Le patient le demande');
  await expect(page.getByRole('link', { name: 'Ouvrir en urgence' })).toHaveCount(0);
});

/* So many months before the day that is so many days from now; of days that not every month has, the 28th. */
const monthsAgo = (months: number, days: number) => {
  const end = new Date(Date.now() + days * 86_400_000);
  return new Date(Date.UTC(end.getUTCFullYear(), end.getUTCMonth() - months, Math.min(end.getUTCDate(), 28), 9)).toISOString();
};
const team = (id: string, patient: string, code: string, start: string, members = ['Practitioner/d1']) => ({ resourceType: 'CareTeam', id, status: 'active', category: [{ coding: [{ system: 'urn:aceso:link', code }] }], subject: { reference: `Patient/${patient}` }, period: { start }, participant: members.map((reference) => ({ member: { reference, display: reference === 'Practitioner/d1' ? 'Dr Anne Lecomte' : 'Centre médical de Namur' } })) });

test('links of one’s own that end soon are extended, or ended', async ({ page, own }) => {
  own.world.glass.teams.push(team('l1', 'p7', 'contact', monthsAgo(3, 5)), team('l2', 'p1', 'own-gp', monthsAgo(15, 9), ['Practitioner/d1', 'Organization/o1']), team('l3', 'p2', 'contact', monthsAgo(1, 0)), team('l4', 'p6', 'contact', monthsAgo(3, -2)));
  await enter(page, own, '/patients');
  const panel = page.getByRole('region', { name: 'Liens qui prennent bientôt fin' });
  await expect(panel.getByRole('listitem')).toHaveCount(2);
  await expect(panel.getByRole('listitem').first()).toContainText('ÉVRARD');
  await expect(panel.getByRole('listitem').last(), 'a link of a centre too').toContainText('DUPONT');
  await expect(panel.getByRole('button', { name: /^Mettre fin/ })).toHaveCount(1);
  await expectAccessible(page);
  await expectLargeTargets(page);
  await shot(page, 'ending');
  await panel.getByRole('button', { name: /^Prolonger le lien avec DUPONT/ }).click();
  await expect(panel.getByRole('listitem')).toHaveCount(1);
  await panel.getByRole('button', { name: /^Mettre fin au lien avec ÉVRARD/ }).click();
  await expect(panel).toHaveCount(0);
  await page.getByRole('combobox').fill('evrard');
  await expect(page.getByText('Aucun patient trouvé').last()).toBeVisible();
});

test.describe('for a patient', () => {
  test.use({ as: { role: 'patient', reference: 'Patient/p1' } });
  test('who cares for him stands beside what he has decided, and he ends it', async ({ page, own }) => {
    own.world.glass.teams.push(team('l2', 'p1', 'own-gp', monthsAgo(2, 0), ['Practitioner/d1', 'Organization/o1']), team('l5', 'p1', 'contact', monthsAgo(4, 0)));
    own.world.glass.tasks.push({ resourceType: 'Task', id: 'rv1', status: 'completed', for: { reference: 'Patient/p1' }, requester: { reference: 'Practitioner/d1' }, authoredOn: new Date().toISOString(), businessStatus: { coding: [{ system: 'urn:aceso:review-outcome', code: 'questioned' }] }, reasonCode: { coding: [{ system: 'urn:aceso:break-glass', code: 'other' }], text: 'Chute' } } as (typeof own.world.glass.tasks)[0]);
    await page.setViewportSize(phone);
    await enter(page, own, '/consents');
    const panel = page.getByRole('region', { name: 'Qui me suit' });
    await expect(panel.getByRole('listitem')).toHaveCount(1);
    await expect(panel).toContainText('Dr Anne Lecomte, Centre médical de Namur');
    await expect(panel).toContainText('Médecin de famille, jusqu’au');
    await expectAccessible(page);
    await expectLargeTargets(page);
    await shot(page, 'carers-phone');
    await panel.getByRole('button', { name: /^Mettre fin/ }).click();
    await expect(panel).toContainText('Personne n’a de lien de soins avec vous.');
    await page.goto(`${own.url}/p/p1/looked`);
    await expect(page.locator('.glass-openings')).toContainText('Autre urgence : Chute');
    await expect(page.locator('.glass-openings')).toContainText('contrôlé : sera éclairci');
    await expectAccessible(page);
  });
});

for (const [language, title] of [['nl', 'Een patiënt die u nog niet volgt'], ['de', 'Ein Patient, den Sie noch nicht betreuen'], ['en', 'A patient you do not care for yet']] as const)
  test(`speaks ${language}, on a telephone`, async ({ page, own }) => {
    await page.setViewportSize(phone);
    await page.addInitScript((chosen) => window.localStorage.setItem('aceso.language', chosen), language);
    await enter(page, own, '/patients/other');
    await expect(page.getByRole('heading', { level: 1, name: title })).toBeVisible();
    await page.locator('input[name=aim]').last().check();
    await expectAccessible(page);
    await expectLargeTargets(page);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    await shot(page, `emergency-${language}-phone`);
  });

for (const [role, reference] of [['secretary', 'Practitioner/d3'], ['admin', 'Practitioner/d4'], ['patient', 'Patient/p1'], ['auditor', '']] as const)
  test.describe(`for ${role}`, () => {
    test.use({ as: { role, reference } });
    test('there is no such way', async ({ page, own }) => {
      for (const path of ['/patients/other', '/p/p1/emergency']) {
        if (path === '/patients/other') await enter(page, own, path);
        else await page.goto(own.url + path);
        await expect(page.getByRole('heading', { level: 1, name: 'Cette page n’existe pas' }), path).toBeVisible();
      }
      if (role === 'secretary') {
        await page.goto(`${own.url}/patients`);
        await page.getByRole('combobox').fill('evrard');
        await expect(page.getByText('Aucun patient trouvé').last()).toBeVisible();
      } else if (role !== 'admin') {
        await page.goto(`${own.url}/p/p1`);
        await expect(page.locator('.banner')).toBeVisible();
      }
      await expect(way(page)).toHaveCount(0);
      await expect(page.getByRole('link', { name: 'Ouvrir en urgence' })).toHaveCount(0);
    });
  });

test.describe('for a specialist, who may not break a glass', () => {
  test.use({ as: { role: 'specialist', reference: 'Practitioner/d5' } });
  test('there is the link alone', async ({ page, own }) => {
    await enter(page, own, '/patients/other');
    await expect(page.getByRole('radio', { name: 'C’est une urgence' })).toHaveCount(0);
    await page.goto(`${own.url}/p/p1/emergency`);
    await expect(page.getByRole('heading', { level: 1, name: 'Cette page n’existe pas' })).toBeVisible();
  });
});

test.describe('for an auditor', () => {
  test.use({ as: { role: 'auditor', reference: 'Practitioner/d1' } });
  test('what was opened is looked over, once', async ({ page, own }) => {
    own.world.glass.tasks.push(
      ...['rv8', 'rv9'].map((id) => ({ resourceType: 'Task', id, status: 'requested', for: { reference: 'Patient/p7' }, requester: { reference: 'Practitioner/d1' }, authoredOn: new Date().toISOString(), reasonCode: { coding: [{ system: 'urn:aceso:break-glass', code: 'unconscious' }], text: `Malaise ${id}` } })),
    );
    await enter(page, own, '/admin/reviews');
    const first = page.locator('.review').first();
    await expect(first).toContainText('Dr Anne Lecomte');
    await expect(first).toContainText('Le patient est inconscient : Malaise rv9');
    await first.getByText('Ce qui a été ouvert').click();
    await expect(first).toContainText('1 accès');
    await expect(first).toContainText('résultat ou mesure');
    await expectAccessible(page);
    await expectLargeTargets(page);
    await shot(page, 'reviews');
    await first.getByLabel('Remarque').fill('Vu avec elle');
    await first.getByRole('button', { name: /^À éclaircir/ }).click();
    await expect(page.locator('.review')).toHaveCount(1);
    await page.getByRole('button', { name: /^En ordre/ }).click();
    await expect(page.getByText('Rien à contrôler')).toBeVisible();
    await page.getByRole('radio', { name: 'Contrôlées' }).check();
    await expect(page.locator('.review').first()).toContainText('À éclaircir');
    await expect(page.locator('.review').first()).toContainText('Vu avec elle');
    await page.setViewportSize(phone);
    await expectAccessible(page);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    await shot(page, 'reviews-phone');
  });
});
