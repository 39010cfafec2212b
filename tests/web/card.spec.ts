/* Signing in with an identity card, in a browser that has one in its reader: a root, a CA below it, a
 * card and a responder of this test's own, as the Belgian chain is built (tests/support/card_ca.h has
 * the same in C). The server is one of its own too, because the card's door stands in its settings. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttp, type Server } from 'node:http';
import { createServer as createPlain, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type Browser, type BrowserContext, type Page } from '../../web/node_modules/@playwright/test/index.mjs';
import { expect, expectAccessible, expectLargeTargets, fillSignIn } from './harness';

const program = process.env.ACESO_PROGRAM ?? '';
const password = 'trois chats sur un mur';

test.skip(program === '', 'ACESO_PROGRAM is not set');

let place = '';
let origin = '';
let door = '';
let aceso: ChildProcess;
let responder: Server;

const file = (name: string) => join(place, name);
const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: place, stdio: ['ignore', 'pipe', 'ignore'] }).toString();

function freePort(): Promise<number> {
  return new Promise((done) => {
    const probe = createPlain().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => done(port));
    });
  });
}

/* A certificate under `by`; none: its own. */
function certify(name: string, subject: string, extensions: string[], by: string | null): void {
  writeFileSync(file(`${name}.ext`), `[x]\n${extensions.join('\n')}\n`);
  openssl('req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384', '-nodes', '-subj', subject, '-keyout', `${name}.key`, '-out', `${name}.csr`);
  const signer = by ? ['-CA', `${by}.pem`, '-CAkey', `${by}.key`, '-CAcreateserial'] : ['-signkey', `${name}.key`];
  openssl('x509', '-req', '-in', `${name}.csr`, ...signer, '-days', '30', '-sha384', '-extfile', `${name}.ext`, '-extensions', 'x', '-out', `${name}.pem`);
}

const policy = '2.16.56.12.1.1.2.2';
/* The owner's, one that he has lost, and somebody else's. */
const cards = ['card', 'lost', 'stranger'];

function makeChain(): void {
  certify('root', '/C=BE/CN=Test Root', ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,cRLSign', 'subjectKeyIdentifier=hash', 'certificatePolicies=2.16.56.12.1'], null);
  certify('citizens', '/C=BE/CN=Citizen CA', ['basicConstraints=critical,CA:TRUE,pathlen:0', 'keyUsage=critical,keyCertSign,cRLSign', 'subjectKeyIdentifier=hash', 'authorityKeyIdentifier=keyid', 'certificatePolicies=2.16.56.12.1.1.2'], 'root');
  certify('ocsp', '/C=BE/CN=OCSP Responder', ['keyUsage=critical,digitalSignature', 'extendedKeyUsage=OCSPSigning', 'noCheck=ignored', 'authorityKeyIdentifier=keyid'], 'citizens');
  for (const name of cards)
    certify(name, `/C=BE/CN=Alice Specimen (Authentication)/SN=Specimen/serialNumber=${name === 'stranger' ? '17073003384' : '85073003328'}`, ['keyUsage=critical,digitalSignature', 'extendedKeyUsage=clientAuth', `certificatePolicies=${policy}`, 'authorityKeyIdentifier=keyid'], 'citizens');
}

/* What the state says of each card: V is valid, R revoked. */
function keepIndex(): void {
  const serial = (name: string) => openssl('x509', '-in', `${name}.pem`, '-noout', '-serial').trim().replace('serial=', '');
  const row = (name: string) => `${name === 'lost' ? 'R\t491231235959Z\t250101000000Z' : 'V\t491231235959Z\t'}\t${serial(name)}\tunknown\t/CN=${name}`;
  writeFileSync(file('index.txt'), cards.map((name) => `${row(name)}\n`).join(''));
}

function startResponder(): Promise<number> {
  responder = createHttp((asked, answer) => {
    const parts: Buffer[] = [];
    asked.on('data', (part: Buffer) => parts.push(part));
    asked.on('end', () => {
      writeFileSync(file('asked.der'), Buffer.concat(parts));
      openssl('ocsp', '-index', 'index.txt', '-CA', 'citizens.pem', '-rsigner', 'ocsp.pem', '-rkey', 'ocsp.key', '-nmin', '60', '-reqin', 'asked.der', '-respout', 'said.der');
      answer.writeHead(200, { 'Content-Type': 'application/ocsp-response' });
      answer.end(readFileSync(file('said.der')));
    });
  });
  return new Promise((done) => responder.listen(0, '127.0.0.1', () => done((responder.address() as AddressInfo).port)));
}

async function startServer(): Promise<void> {
  const [port, doorPort] = [await freePort(), await freePort()];
  const responderPort = await startResponder();
  origin = `https://127.0.0.1:${port}`;
  door = `https://127.0.0.1:${doorPort}`;
  writeFileSync(file('password'), `${password}\n`);
  mkdirSync(file('eid'));
  for (const name of ['root', 'citizens']) writeFileSync(file(`eid/${name}.pem`), openssl('x509', '-in', `${name}.pem`));
  writeFileSync(
    file('aceso.conf'),
    `store = ${file('a.store')}\naddress = 127.0.0.1\nport = ${port}\nbase_url = ${origin}\nsecond_factor = off\neid_port = ${doorPort}\n` +
      `eid_certificates = ${file('eid')}\neid_policies = ${policy}\neid_ocsp = http://127.0.0.1:${responderPort}/\n`,
  );
  const run = (...args: string[]) => execFileSync(program, [...args, '--config', file('aceso.conf')], { stdio: 'ignore' });
  run('init');
  run('account', 'create', 'marie', '--role', 'gp', '--language', 'fr', '--password-file', file('password'));
  aceso = spawn(program, ['serve', '--config', file('aceso.conf')], { stdio: 'ignore', env: { ...process.env, ACESO_SECOND_FACTOR: 'off' } });
}

test.beforeAll(async ({ playwright }) => {
  place = mkdtempSync(join(tmpdir(), 'aceso-card-'));
  makeChain();
  keepIndex();
  await startServer();
  const request = await playwright.request.newContext({ ignoreHTTPSErrors: true });
  await expect.poll(async () => (await request.get(`${origin}/auth/ways`).catch(() => null))?.status(), { timeout: 20_000 }).toBe(200);
  await request.dispose();
});

test.afterAll(() => {
  aceso?.kill();
  responder?.close();
  rmSync(place, { recursive: true, force: true });
});

/* A browser with that card in its reader, or with none. */
async function reader(browser: Browser, card: string | null): Promise<[BrowserContext, Page]> {
  const context = await browser.newContext({
    ignoreHTTPSErrors: true,
    locale: 'fr-BE',
    ...(card ? { clientCertificates: [{ origin: door, certPath: file(`${card}.pem`), keyPath: file(`${card}.key`) }] } : {}),
  });
  const page = await context.newPage();
  await page.addInitScript(() => window.localStorage.setItem('aceso.language', 'fr'));
  await page.goto(`${origin}/`);
  await expect(page.getByRole('heading', { name: 'Connexion' })).toBeVisible();
  return [context, page];
}

const inside = (page: Page) => page.getByRole('button', { name: /Mon compte/ });

test('a card is linked once, signs in alone, and unlocks', async ({ browser }) => {
  const [context, page] = await reader(browser, 'card');
  await expect(page.getByRole('button', { name: 'Utiliser ma carte d’identité' })).toBeVisible();
  await expectAccessible(page);
  await expectLargeTargets(page);

  /* Nobody has linked it yet. */
  await page.getByRole('button', { name: 'Utiliser ma carte d’identité' }).click();
  await expect(page.getByRole('alert')).toBeVisible();
  await expect(inside(page)).toHaveCount(0);

  await fillSignIn(page, 'marie', password);
  await expect(inside(page)).toBeVisible();
  await page.goto(`${origin}/account`);
  await page.getByRole('button', { name: 'Lier ma carte' }).click();
  await expect(page.locator('.codes li')).toHaveCount(10);
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Je les ai gardés' }).click();

  await context.clearCookies();
  await page.goto(`${origin}/`);
  await page.getByRole('button', { name: 'Utiliser ma carte d’identité' }).click();
  await expect(inside(page)).toBeVisible();
  expect(((await (await page.request.get(`${origin}/auth/session`)).json()) as { user: string }).user).toBe('marie');
  expect(context.pages(), 'the window of the card is closed').toHaveLength(1);

  /* Locked, and opened again by the card. */
  expect((await page.request.post(`${origin}/auth/lock`, { headers: { Origin: origin } })).status()).toBe(204);
  await page.getByRole('link', { name: 'Patients', exact: true }).click();
  await page.getByRole('combobox').first().fill('dup');
  await expect(page.getByRole('heading', { name: 'Écran verrouillé' })).toBeVisible();
  await expectAccessible(page);
  await page.locator('.lock').getByRole('button', { name: /carte d’identité/ }).click();
  await expect(page.locator('.lock')).toHaveCount(0);
  await context.close();
});

test('a card of somebody else opens nothing', async ({ browser }) => {
  const [context, page] = await reader(browser, 'stranger');
  await page.getByRole('button', { name: 'Utiliser ma carte d’identité' }).click();
  await expect(page.getByRole('alert')).toBeVisible();
  await expectAccessible(page);
  await expect(inside(page)).toHaveCount(0);
  await context.close();
});

test('without a card the window says so, and the page goes on', async ({ browser }) => {
  const [context, page] = await reader(browser, null);
  await page.getByRole('button', { name: 'Utiliser ma carte d’identité' }).click();
  await expect(page.getByRole('alert')).toBeVisible();
  await fillSignIn(page, 'marie', 'not the password of anybody');
  await expect(page.locator('[data-trouble=wrong]')).toBeVisible();
  await context.close();
});

test('an address of the card that nobody asked for is told nowhere, and says so', async ({ browser }) => {
  const [context, page] = await reader(browser, null);
  await page.goto(`${origin}/card#ticket=made-up`);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await expect(page.getByText('La page d’où vous venez')).toBeVisible();
  expect(new URL(page.url()).hash).toBe('');
  await expectAccessible(page);
  await expectLargeTargets(page);
  expect((await page.request.get(`${origin}/auth/session`)).status()).toBe(401);
  await context.close();
});

test('a card that was lost is refused in words', async ({ browser }) => {
  const [context, page] = await reader(browser, 'lost');
  await page.getByRole('button', { name: 'Utiliser ma carte d’identité' }).click();
  await expect(page.getByRole('alert')).toContainText(/révoqu/);
  await expectAccessible(page);
  await expect(inside(page)).toHaveCount(0);
  await context.close();
});
