/* The calendar on a real server: series that give way and move, the waiting list, hours that are
 * painted, a visit that is dragged and put back. What the screen says is asked of the server too. */
import type { Locator } from '../../web/node_modules/@playwright/test/index.mjs';
import type { Appointment, Bundle, Patient, PractitionerRole, Slot } from '../../web/node_modules/@types/fhir/r4';
import { expect, expectAccessible, test, type Page } from './harness';

const url = (process.env.ACESO_URL ?? '').replace(/\/$/, '');
const password = process.env.ACESO_PASSWORD ?? '';
const desk = process.env.ACESO_DESK ?? '';

async function signIn(page: Page, user: string): Promise<void> {
  const answer = await page.request.post(`${url}/auth/sign-in`, { data: { user, password }, headers: { Origin: new URL(url).origin } });
  expect(answer.status()).toBe(200);
}

async function found<T>(page: Page, query: string): Promise<T[]> {
  const answer = await page.request.get(`${url}/fhir/${query}`);
  expect(answer.status(), query).toBe(200);
  return (((await answer.json()) as Bundle).entry ?? []).map((each) => each.resource as T);
}

async function act(page: Page, path: string, given: Record<string, string>): Promise<Appointment> {
  const parameter = Object.entries(given).map(([name, valueString]) => ({ name, valueString }));
  const answer = await page.request.post(`${url}/fhir/${path}`, {
    data: JSON.stringify({ resourceType: 'Parameters', parameter }),
    headers: { 'Origin': new URL(url).origin, 'Content-Type': 'application/fhir+json' },
  });
  expect(answer.ok(), `${path}: ${await answer.text()}`).toBe(true);
  return (await answer.json()) as Appointment;
}

const referenceOf = (slot: Slot, what: string) => slot.extension?.find((each) => each.url === `urn:aceso:${what}`)?.valueReference?.reference ?? '';
const wallOf = (instant: string) => ({ day: instant.slice(0, 10), minute: Number(instant.slice(11, 13)) * 60 + Number(instant.slice(14, 16)) });
const dayAfter = (day: string, days: number) => new Date(Date.parse(`${day}T12:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
/* Monday is 0. */
const weekdayOf = (day: string) => (new Date(`${day}T12:00:00Z`).getUTCDay() + 6) % 7;

interface Hour {
  slot: Slot;
  starts: string[];
  who: string;
  service: string;
  day: string;
  minute: number;
}

/* An hour of a physiotherapist that is free in each of the next weeks, and half an hour later too. */
async function hourOfWeeks(page: Page, weeks: number): Promise<Hour> {
  const roles = await found<PractitionerRole>(page, 'PractitionerRole?active=true&_count=500');
  const start = dayAfter(new Date().toISOString().slice(0, 10), 7);
  for (const role of roles.filter((each) => (each.availableTime ?? []).length > 0 && /kin|physio/i.test(JSON.stringify(each.code ?? '')))) {
    const who = role.practitioner?.reference ?? '';
    const service = role.healthcareService?.[0]?.reference ?? '';
    for (const days of ['mon', 'tue', 'wed', 'thu', 'fri']) {
      const slots = await found<Slot>(page, `Slot/$find?service=${service}&practitioner=${who}&start=${start}&end=${dayAfter(start, 7 * weeks + 6)}&days=${days}&count=500`);
      /* By the clock on the wall: clocks may go forward or back between two of them. */
      const starts = new Map(slots.map((each) => [each.start.slice(0, 16), each.start]));
      const later = (wall: string) => wall.replace(/T(..):(..)/, (_, hours: string, minutes: string) => `T${clockOf(Number(hours) * 60 + Number(minutes) + 30)}`);
      const walls = (each: Slot) => Array.from({ length: weeks }, (_, at) => dayAfter(each.start.slice(0, 10), 7 * at) + each.start.slice(10, 16));
      const slot = slots.find((each) => walls(each).every((wall) => starts.has(wall) && starts.has(later(wall))));
      if (slot) return { slot, starts: walls(slot).map((wall) => starts.get(wall) ?? ''), who, service, ...wallOf(slot.start) };
    }
  }
  throw new Error('no hour that is free in each of these weeks');
}

async function openWeek(page: Page, hour: Hour): Promise<void> {
  await page.goto(`${url}/calendar/${hour.day}/week`);
  await page.locator('.cal-bar select').selectOption('');
  await page.locator('.cal-person select').selectOption(hour.who);
  await expect(page.locator('.cal-column')).toHaveCount(7);
  await expect(page.locator('.cal-open').first()).toBeAttached();
}

/* Where an hour stands on the screen, scrolled to. */
async function pointOf(page: Page, day: string, minute: number): Promise<{ x: number; y: number }> {
  const first = await page.locator('.cal-axis span').first().innerText();
  const top = (minute - wallOf(`2026-01-01T${first}`).minute) * 3;
  await page.locator('.cal-scroll').evaluate((each, y) => each.scrollTo(0, y), Math.max(0, top - 200));
  const box = await page.locator('.cal-column').nth(weekdayOf(day)).boundingBox();
  if (!box) throw new Error('no column');
  return { x: box.x + box.width / 2, y: box.y + top + 8 };
}

const visitAt = (page: Page, day: string, clock: string): Locator => page.locator('.cal-column').nth(weekdayOf(day)).locator('.cal-visit').filter({ hasText: clock });
const clockOf = (minute: number) => `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;

async function drag(page: Page, from: { x: number; y: number }, by: number): Promise<void> {
  await page.mouse.move(from.x - 40, from.y);
  await page.mouse.down();
  await page.mouse.move(from.x - 40, from.y + by, { steps: 5 });
  await page.mouse.up();
}

const seriesOf = (page: Page, made: Appointment) => found<Appointment>(page, `Appointment?identifier=${made.identifier?.[0]?.system}|${made.identifier?.[0]?.value}&_count=100`);

test('a series: what is taken gives way, it is booked at once, moves and goes', async ({ page }) => {
  const weeks = 4;
  await signIn(page, desk);
  const hour = await hourOfWeeks(page, weeks);
  const [patient, other] = await found<Patient>(page, 'Patient?_count=2');
  const third = hour.starts[2] ?? '';
  await act(page, 'Appointment/$book', { service: hour.service, practitioner: hour.who, start: third, patient: `Patient/${other?.id}` });
  await openWeek(page, hour);
  const point = await pointOf(page, hour.day, hour.minute);
  await page.mouse.click(point.x, point.y);
  await page.getByText('Durée, série, remarque').click();
  await page.getByLabel('Nombre de séances').fill(String(weeks));
  await page.getByLabel('Nom du patient').fill(`${patient?.name?.[0]?.family}`);
  await expect(page.locator('.pick-list [role=option]').first()).toBeVisible();
  await page.getByLabel('Nom du patient').press('Enter');
  await expect(page.getByText(/1 des 4 séances/)).toBeVisible();
  await expect(page.locator('.cal-mixed li')).toHaveCount(1);
  await page.getByRole('button', { name: 'Réserver ainsi' }).click();
  await expect(page.locator('.toast')).toBeVisible();
  await expect(page.locator('.toast-bad')).toHaveCount(0);
  const [first] = await found<Appointment>(page, `Appointment?actor=${hour.who}&date=${encodeURIComponent(hour.slot.start)}&status=booked`);
  if (!first) throw new Error('nothing was booked');
  const made = await seriesOf(page, first);
  expect(made).toHaveLength(weeks);
  expect(made.filter((each) => each.start?.slice(10, 16) === hour.slot.start.slice(10, 16))).toHaveLength(weeks - 1);

  /* Dragged by a quarter of an hour, put back, dragged again with what follows. */
  await page.keyboard.press('Escape');
  const visit = visitAt(page, hour.day, clockOf(hour.minute));
  await expect(visit).toHaveCount(1);
  const size = await visit.boundingBox();
  expect(size?.height ?? 0).toBeGreaterThanOrEqual(44);
  await drag(page, await pointOf(page, hour.day, hour.minute), 45 * 2);
  await expect(page.locator('.toast').filter({ hasText: clockOf(hour.minute + 30) })).toBeVisible();
  await page.keyboard.press('Control+z');
  const now = async () => (await seriesOf(page, first)).map((each) => each.start ?? '').sort();
  const before = made.map((each) => each.start ?? '').sort();
  await expect.poll(now).toEqual(before);
  await expect(visitAt(page, hour.day, clockOf(hour.minute))).toHaveCount(1);
  await drag(page, await pointOf(page, hour.day, hour.minute), 45 * 2);
  await page.getByRole('button', { name: 'Les suivants aussi' }).click();
  const later = clockOf(hour.minute + 30);
  await expect.poll(async () => (await now()).filter((each) => each.slice(11, 16) === later).length).toBe(weeks);

  /* All of it goes. */
  await visitAt(page, hour.day, later).press('Enter');
  await page.getByRole('button', { name: 'Annuler le rendez-vous' }).click();
  await page.getByRole('button', { name: 'Toute la série' }).click();
  await expect.poll(async () => (await seriesOf(page, first)).filter((each) => each.status === 'cancelled').length).toBe(weeks);
});

test('dropped on somebody: the nearest free hours, and one press takes one', async ({ page }) => {
  await signIn(page, desk);
  const hour = await hourOfWeeks(page, 1);
  const [patient, other] = await found<Patient>(page, 'Patient?_count=2&_sort=birthdate');
  const common = { service: hour.service, practitioner: hour.who };
  const dragged = await act(page, 'Appointment/$book', { ...common, start: hour.slot.start, patient: `Patient/${patient?.id}` });
  const after = hour.slot.start.replace(/T\d\d:\d\d/, `T${clockOf(hour.minute + 30)}`);
  await act(page, 'Appointment/$book', { ...common, start: after, patient: `Patient/${other?.id}` });
  await openWeek(page, hour);
  await expect(visitAt(page, hour.day, clockOf(hour.minute))).toHaveCount(1);
  await drag(page, await pointOf(page, hour.day, hour.minute), 30 * 3);
  const panel = page.locator('.cal-panel [role=dialog]');
  await expect(panel.getByRole('alert')).toContainText('n’est plus libre');
  await expect(panel).toBeFocused();
  await expectAccessible(page, '.cal-panel');
  const offered = panel.getByRole('button').filter({ hasText: /\d\d:\d\d/ });
  await expect(offered).toHaveCount(3);
  const clock = /(\d\d:\d\d)\s*$/.exec(await offered.first().innerText())?.[1] ?? '';
  const start = async () => (await found<Appointment>(page, `Appointment?_id=${dragged.id}`))[0]?.start ?? '';
  expect(await start()).toBe(hour.slot.start);
  await offered.first().click();
  await expect(page.locator('.toast')).toContainText(clock);
  expect((await start()).slice(11, 16)).toBe(clock);
  await expect(panel).toHaveCount(0);
  await page.keyboard.press('Control+z');
  await expect.poll(start).toBe(hour.slot.start);
});

test('a visit is moved by the keyboard alone, and by a finger', async ({ page, browser }) => {
  await signIn(page, desk);
  const hour = await hourOfWeeks(page, 1);
  const [patient] = await found<Patient>(page, 'Patient?_count=1&_sort=birthdate');
  const made = await act(page, 'Appointment/$book', { service: hour.service, practitioner: hour.who, start: hour.slot.start, patient: `Patient/${patient?.id}` });
  const start = async () => (await found<Appointment>(page, `Appointment?_id=${made.id}`))[0]?.start?.slice(11, 16);
  await openWeek(page, hour);
  await visitAt(page, hour.day, clockOf(hour.minute)).press('Enter');
  await page.getByRole('button', { name: 'Déplacer' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByText('Cliquez sur une heure libre')).toBeVisible();
  await expectAccessible(page);
  /* The cursor begins on Monday at nine. */
  const by = (hour.minute + 30 - 540) / 15;
  for (const key of ['ArrowDown', ...Array<string>(weekdayOf(hour.day)).fill('ArrowRight'), ...Array<string>(Math.abs(by)).fill(by > 0 ? 'ArrowDown' : 'ArrowUp')]) await page.keyboard.press(key);
  await page.keyboard.press('Enter');
  await expect.poll(start).toBe(clockOf(hour.minute + 30));
  await expect(page.locator('.toast').filter({ hasText: clockOf(hour.minute + 30) })).toBeVisible();
  await page.keyboard.press('Control+z');
  await expect.poll(start).toBe(clockOf(hour.minute));

  const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: 'fr-BE', viewport: { width: 390, height: 844 }, hasTouch: true });
  const phone = await context.newPage();
  await signIn(phone, desk);
  await phone.goto(`${url}/calendar/${hour.day}/week`);
  await phone.locator('.cal-bar select').selectOption('');
  await phone.locator('.cal-person select').selectOption(hour.who);
  const visit = phone.locator('.cal-visit').filter({ hasText: clockOf(hour.minute) }).first();
  await phone.locator('.cal-scroll').evaluate((each, x) => each.scrollTo(x, each.scrollTop), weekdayOf(hour.day) * 148);
  await visit.tap();
  await phone.getByRole('button', { name: 'Déplacer' }).tap();
  await expect(phone.getByText('Cliquez sur une heure libre')).toBeVisible();
  await phone.getByRole('button', { name: 'Garder' }).tap();
  await expect(phone.getByText('Cliquez sur une heure libre')).toHaveCount(0);
  await context.close();
});

test('a series: what each scope moves and cancels', async ({ page }) => {
  const weeks = 4;
  await signIn(page, desk);
  const hour = await hourOfWeeks(page, weeks);
  const [patient] = await found<Patient>(page, 'Patient?_count=1&_sort=-birthdate');
  await act(page, 'Appointment/$book', { service: hour.service, practitioner: hour.who, start: hour.slot.start, patient: `Patient/${patient?.id}`, count: String(weeks) });
  const [first] = await found<Appointment>(page, `Appointment?actor=${hour.who}&date=${encodeURIComponent(hour.slot.start)}&status=booked`);
  if (!first) throw new Error('nothing was booked');
  const now = async () => (await seriesOf(page, first)).sort((a, b) => (a.start ?? '').localeCompare(b.start ?? ''));
  const clocks = async () => (await now()).map((each) => each.start?.slice(11, 16));
  const states = async () => (await now()).map((each) => each.status);
  const [early, late] = [clockOf(hour.minute), clockOf(hour.minute + 30)];
  const second = { ...hour, day: dayAfter(hour.day, 7) };
  const third = { ...hour, day: dayAfter(hour.day, 14) };

  /* This one. */
  await openWeek(page, second);
  await drag(page, await pointOf(page, second.day, hour.minute), 30 * 3);
  await expect.poll(clocks).toEqual([early, late, early, early]);
  await expect(page.locator('.toast').filter({ hasText: late })).toBeVisible();
  await page.keyboard.press('Control+z');
  await expect.poll(clocks).toEqual([early, early, early, early]);

  /* All, held by the second: the first too. */
  await expect(visitAt(page, second.day, early)).toHaveCount(1);
  await drag(page, await pointOf(page, second.day, hour.minute), 30 * 3);
  await page.getByRole('button', { name: 'Toute la série' }).click();
  await expect.poll(clocks).toEqual([late, late, late, late]);

  /* This one goes, and comes back. */
  const cancel = async (day: string, scope: string) => {
    await visitAt(page, day, late).press('Enter');
    await page.getByRole('button', { name: 'Annuler le rendez-vous' }).click();
    await page.getByRole('button', { name: scope }).click();
  };
  await cancel(second.day, 'Celui-ci');
  await expect.poll(states).toEqual(['booked', 'cancelled', 'booked', 'booked']);
  await expect(visitAt(page, second.day, late)).toHaveCount(0);
  await page.keyboard.press('Control+z');
  await expect(visitAt(page, second.day, late)).toHaveCount(1);

  /* The third and what follows; one press brings both back. */
  await openWeek(page, third);
  await cancel(third.day, 'Les suivants aussi');
  await expect.poll(states).toEqual(['booked', 'cancelled', 'cancelled', 'cancelled']);
  await expect(page.locator('.toast')).toContainText('2 rendez-vous');
  await page.keyboard.press('Control+z');
  await expect(visitAt(page, third.day, late)).toHaveCount(1);
  const again = await found<Appointment>(page, `Appointment?actor=Patient/${patient?.id}&date=ge${third.day}&status=booked&_count=50`);
  expect(again.filter((each) => each.start?.slice(11, 16) === late).length).toBe(2);
});

test('the waiting list: put on it, a freed hour is offered and accepted', async ({ page }) => {
  await signIn(page, desk);
  const hour = await hourOfWeeks(page, 1);
  const [patient, other] = await found<Patient>(page, 'Patient?_count=2&_sort=-_lastUpdated');
  const booked = await act(page, 'Appointment/$book', { service: hour.service, practitioner: hour.who, start: hour.slot.start, patient: `Patient/${other?.id}` });
  await page.goto(`${url}/calendar/${hour.day}/day`);
  await page.getByRole('button', { name: 'Liste d’attente' }).click();
  const drawer = page.locator('.drawer');
  await drawer.getByRole('button', { name: 'Ajouter quelqu’un' }).click();
  await drawer.locator('select').selectOption(hour.service);
  await drawer.locator('.pick input').fill(`${patient?.name?.[0]?.family}`);
  await expect(drawer.locator('.pick-list [role=option]').first()).toBeVisible();
  await drawer.locator('.pick input').press('Enter');
  await expect(drawer.locator('.line').first()).toBeVisible();
  await act(page, `Appointment/${booked.id}/$cancel`, {});
  await expect(async () => {
    await page.goto(`${url}/calendar/${hour.day}/day`);
    await page.getByRole('button', { name: 'Liste d’attente' }).click();
    await expect(drawer.getByText(/proposé/).first()).toBeVisible({ timeout: 2000 });
  }).toPass({ timeout: 30_000 });
  await drawer.getByRole('button', { name: /^Accepter/ }).last().click();
  await expect(page.locator('.toast')).toBeVisible();
  await expect(page.locator('.toast-bad')).toHaveCount(0);
  const atThatHour = () => found<Appointment>(page, `Appointment?actor=${hour.who}&date=${encodeURIComponent(hour.slot.start)}&status=booked`);
  await expect.poll(async () => (await atThatHour()).length).toBe(1);
  const taken = await atThatHour();
  expect(JSON.stringify(taken[0]?.participant)).not.toContain(`Patient/${other?.id}`);
});

test('hours that are painted are found, and are gone when they are taken back', async ({ page }) => {
  await signIn(page, 'admin');
  await page.goto(`${url}/admin/hours`);
  const select = page.locator('.panel select').first();
  await expect(select).toBeVisible();
  const id = await select.inputValue();
  const [role] = await found<PractitionerRole>(page, `PractitionerRole?_id=${id}`);
  const service = role?.healthcareService?.[0]?.reference ?? '';
  const sundays = async () =>
    (await found<Slot>(page, `Slot/$find?service=${service}&practitioner=${role?.practitioner?.reference}&days=sun&count=100&end=${dayAfter(new Date().toISOString().slice(0, 10), 14)}`)).filter(
      (each) => referenceOf(each, 'practitioner') === role?.practitioner?.reference,
    );
  const before = (await sundays()).length;
  const lane = page.locator('.week-lane').nth(6);
  await lane.scrollIntoViewIfNeeded();
  const box = await lane.boundingBox();
  if (!box) throw new Error('no lane');
  /* 7:00 to 21:00: from ten to noon. */
  const at = (minute: number) => box.x + (box.width * (minute - 420)) / 840;
  await page.mouse.move(at(605), box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(at(705), box.y + box.height / 2, { steps: 6 });
  await page.mouse.up();
  await expect(lane.locator('.week-open')).toHaveText('10:00–12:00');
  await expect.poll(async () => (await sundays()).length).toBeGreaterThan(before);
  expect((await sundays()).every((each) => wallOf(each.start).minute >= 600 && wallOf(each.start).minute < 720)).toBe(true);
  await page.keyboard.press('Control+z');
  await expect(lane.locator('.week-open')).toHaveCount(0);
  await expect.poll(async () => (await sundays()).length).toBe(before);
});
