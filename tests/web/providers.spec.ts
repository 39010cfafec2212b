/* Signing in somewhere else, in a browser: the button, the way there and back, and connecting it
 * under My account. The provider is forty lines of Node that know only OpenID Connect; the server is
 * one of this test's own, because the provider stands in its settings. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import { createServer as createPlain, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test as base, type Page } from '../../web/node_modules/@playwright/test/index.mjs';
import { expect, expectAccessible, expectLargeTargets } from './harness';

const program = process.env.ACESO_PROGRAM ?? '';
const test = base;
const password = 'trois chats sur un mur';

test.skip(program === '', 'ACESO_PROGRAM is not set');
test.use({ ignoreHTTPSErrors: true });

let place = '';
let origin = '';
let issuer = '';
let subject = 'u-1';
let provider: Server;
let aceso: ChildProcess;

const encoded = (text: string) => Buffer.from(text).toString('base64url');

function startProvider(): Promise<void> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const codes = new Map<string, URLSearchParams>();
  const options = { key: readFileSync(join(place, 'key.pem')), cert: readFileSync(join(place, 'cert.pem')) };
  provider = createServer(options, (asked, answer) => {
    const url = new URL(asked.url ?? '/', issuer);
    const say = (told: object, status = 200) => {
      answer.writeHead(status, { 'Content-Type': 'application/json' });
      answer.end(JSON.stringify(told));
    };
    if (url.pathname === '/.well-known/openid-configuration')
      return say({ issuer, authorization_endpoint: `${issuer}/auth`, token_endpoint: `${issuer}/token`, jwks_uri: `${issuer}/keys` });
    if (url.pathname === '/keys') return say({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'a', use: 'sig', alg: 'RS256' }] });
    if (url.pathname === '/auth') {
      const code = `code-${codes.size}`;
      codes.set(code, url.searchParams);
      const back = new URLSearchParams({ code, state: url.searchParams.get('state') ?? '' });
      answer.writeHead(302, { Location: `${url.searchParams.get('redirect_uri')}?${back}` });
      return answer.end();
    }
    let body = '';
    asked.on('data', (part: Buffer) => (body += part.toString()));
    asked.on('end', () => {
      const form = new URLSearchParams(body);
      const begun = codes.get(form.get('code') ?? '');
      codes.delete(form.get('code') ?? '');
      const challenge = createHash('sha256').update(form.get('code_verifier') ?? '').digest('base64url');
      if (!begun || begun.get('code_challenge') !== challenge || begun.get('redirect_uri') !== form.get('redirect_uri'))
        return say({ error: 'invalid_grant' }, 400);
      const now = Math.floor(Date.now() / 1000);
      const claims = { iss: issuer, sub: subject, aud: 'aceso', nonce: begun.get('nonce'), iat: now, exp: now + 60 };
      const text = `${encoded(JSON.stringify({ alg: 'RS256', kid: 'a' }))}.${encoded(JSON.stringify(claims))}`;
      say({ access_token: 'x', token_type: 'Bearer', id_token: `${text}.${sign('sha256', Buffer.from(text), privateKey).toString('base64url')}` });
    });
    return undefined;
  });
  return new Promise((done) =>
    provider.listen(0, '127.0.0.1', () => {
      issuer = `https://127.0.0.1:${(provider.address() as AddressInfo).port}`;
      done();
    }),
  );
}

function freePort(): Promise<number> {
  return new Promise((done) => {
    const probe = createPlain().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => done(port));
    });
  });
}

async function startServer(): Promise<void> {
  const port = await freePort();
  origin = `https://127.0.0.1:${port}`;
  writeFileSync(join(place, 'secret'), 'topsecret\n');
  writeFileSync(join(place, 'password'), `${password}\n`);
  const hospital = { id: 'hospital', name: 'Hospital', issuer, client_id: 'aceso', secret_file: join(place, 'secret') };
  writeFileSync(join(place, 'providers.json'), JSON.stringify({ providers: [hospital] }));
  const config = join(place, 'aceso.conf');
  writeFileSync(
    config,
    `store = ${join(place, 'a.store')}\naddress = 127.0.0.1\nport = ${port}\nbase_url = ${origin}\nsecond_factor = off\n` +
      `identity_providers = ${join(place, 'providers.json')}\noutgoing_ca = ${join(place, 'cert.pem')}\n`,
  );
  execFileSync(program, ['init', '--config', config], { stdio: 'ignore' });
  execFileSync(program, ['account', 'create', 'marie', '--role', 'gp', '--language', 'en', '--password-file', join(place, 'password'), '--config', config]);
  /* The tests beside these ask everybody for a second factor. */
  aceso = spawn(program, ['serve', '--config', config], { stdio: 'ignore', env: { ...process.env, ACESO_SECOND_FACTOR: 'off' } });
}

test.beforeAll(async ({ playwright }) => {
  place = mkdtempSync(join(tmpdir(), 'aceso-provider-'));
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-addext',
    'subjectAltName=IP:127.0.0.1', '-keyout', join(place, 'key.pem'), '-out', join(place, 'cert.pem')], { stdio: 'ignore' });
  await startProvider();
  await startServer();
  const request = await playwright.request.newContext({ ignoreHTTPSErrors: true });
  await expect.poll(async () => (await request.get(`${origin}/auth/providers`).catch(() => null))?.status(), { timeout: 20_000 }).toBe(200);
  await request.dispose();
});

test.afterAll(() => {
  aceso?.kill();
  provider?.close();
  rmSync(place, { recursive: true, force: true });
});

async function open(page: Page): Promise<void> {
  await page.addInitScript(() => window.localStorage.setItem('aceso.language', 'en'));
  await page.goto(`${origin}/`);
}

test('a sign-in elsewhere opens the account that it is connected to', async ({ page }) => {
  await open(page);
  const button = page.getByRole('button', { name: 'Sign in with Hospital' });
  await expect(button).toBeVisible();
  await expectAccessible(page);
  await expectLargeTargets(page);

  /* Nobody has connected it yet. */
  await button.click();
  await expect(page.getByRole('alert')).toContainText('nobody here is known by it');
  expect(new URL(page.url()).search).toBe('');

  /* Its owner does, with his password. */
  await page.goto(`${origin}/`);
  await page.getByLabel('User name').fill('marie');
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page.getByLabel('User name')).toBeHidden();
  await page.goto(`${origin}/account`);
  await page.getByRole('button', { name: 'Connect Hospital' }).click();
  await expect(page.getByRole('button', { name: 'Remove Hospital' })).toBeVisible();
  expect(new URL(page.url()).pathname).toBe('/account');

  /* And comes in by it from then on. */
  await page.context().clearCookies();
  await page.goto(`${origin}/`);
  await button.click();
  await expect(page.getByRole('button', { name: /My account/ })).toBeVisible();
  const session = await page.request.get(`${origin}/auth/session`);
  expect(((await session.json()) as { user: string }).user).toBe('marie');
  expect(new URL(page.url()).search).toBe('');

  /* Somebody else there is nobody here. */
  subject = 'u-2';
  await page.context().clearCookies();
  await page.goto(`${origin}/`);
  await button.click();
  await expect(page.getByRole('alert')).toContainText('nobody here is known by it');
});

test('an address that another page made up signs nobody in', async ({ page }) => {
  subject = 'u-1';
  await page.goto(`${origin}/provider/hospital?code=stolen&state=made-up`);
  await expect(page.getByRole('alert')).toBeVisible();
  expect(new URL(page.url()).search).toBe('');
  expect((await page.request.get(`${origin}/auth/session`)).status()).toBe(401);
});
