/* Programs of others against the real server: fhirclient in Chromium, openid-client and
 * fhir-kit-client in Node. They know nothing of Aceso but its address; what they send and check is
 * what their authors read in the standards. Their libraries live in tests/clients/node_modules. */
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test as base, type Page } from '../../web/node_modules/@playwright/test/index.mjs';
import { expect, expectAccessible, expectLargeTargets, fillSignIn } from './harness';

/* The certificate of the server was signed by itself. */
process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';

const url = (process.env.ACESO_URL ?? '').replace(/\/$/, '');
const user = process.env.ACESO_USER ?? '';
const password = process.env.ACESO_PASSWORD ?? '';
/* "aceso --store FILE": for what an administrator does; without it those tests are left out. */
const command = (process.env.ACESO_COMMAND ?? '').split(' ').filter((word) => word !== '');
const folder = fileURLToPath(new URL('../clients/node_modules/', import.meta.url));
const installed = existsSync(join(folder, 'openid-client'));
const test = base;

test.skip(!installed, 'tests/clients/node_modules is not there: npm ci in tests/clients');
test.skip(command.length === 0, 'ACESO_COMMAND is not set');

interface Given {
  access_token: string;
  refresh_token?: string;
  id_token?: string;
  patient?: string;
  scope?: string;
}

let server: Server;
let place = '';
let openid: typeof import('openid-client');

/* The program's own pages: one that starts it, one where the answer comes. */
function pages(path: string): string | Buffer {
  if (path === '/fhir-client.js') return readFileSync(join(folder, 'fhirclient/build/fhir-client.js'));
  const begin = `<!doctype html><meta charset="utf-8"><title>program</title><script src="/fhir-client.js"></script><body><script>`;
  if (path === '/launch.html')
    return `${begin}
      const given = new URLSearchParams(location.search);
      FHIR.oauth2.authorize({ clientId: given.get('client') || sessionStorage.client, scope: given.get('scope') || 'launch openid fhirUser patient/*.rs',
        redirectUri: '/done.html', pkceMode: 'required', iss: given.get('iss'), launch: given.get('launch') || undefined });
      </script>`;
  if (path === '/done.html')
    return `${begin}
      FHIR.oauth2.ready().then(async (client) => {
        window.client = client;
        const patient = await client.patient.read();
        document.body.innerHTML = '<h1 id=patient></h1><p id=user></p><p id=scope></p>';
        document.getElementById('patient').textContent = patient.id;
        document.getElementById('user').textContent = client.user.fhirUser;
        document.getElementById('scope').textContent = client.state.tokenResponse.scope;
      }).catch((fault) => { document.body.innerHTML = '<h1 id=fault></h1>'; document.getElementById('fault').textContent = String(fault); });
      </script>`;
  return '';
}

test.beforeAll(async () => {
  if (!installed) return;
  openid = (await import(join(folder, 'openid-client/build/index.js'))) as typeof openid;
  server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    const page = pages(path);
    response.writeHead(page ? 200 : 404, { 'Content-Type': path.endsWith('.js') ? 'text/javascript' : 'text/html; charset=utf-8' });
    response.end(page);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  place = `http://localhost:${typeof address === 'object' && address ? address.port : 0}`;
});

test.afterAll(() => {
  server?.close();
});

function aceso(...words: string[]): string {
  const [program = '', ...rest] = command;
  return execFileSync(program, [...words, ...rest], { encoding: 'utf8' });
}

function addClient(...options: string[]): { id: string; secret: string } {
  const said = aceso('client', 'add', 'Growth chart', ...options);
  return { id: /client_id (\S+)/.exec(said)?.[1] ?? '', secret: /client_secret (\S+)/.exec(said)?.[1] ?? '' };
}

async function signIn(page: Page): Promise<void> {
  const answer = await page.request.post(`${url}/auth/sign-in`, { data: { user, password }, headers: { Origin: new URL(url).origin } });
  expect(answer.status()).toBe(200);
}

/* Somebody of whom there is a chart; seen by this user. */
async function somebody(page: Page): Promise<{ id: string; family: string }> {
  const answer = await page.request.get(`${url}/fhir/Patient?_count=1&_sort=name&name=a`);
  expect(answer.status()).toBe(200);
  const bundle = (await answer.json()) as { entry?: { resource: { id: string; name: { family: string }[] } }[] };
  const patient = bundle.entry?.[0]?.resource;
  expect(patient, 'a patient that this user sees').toBeDefined();
  return { id: patient?.id ?? '', family: patient?.name[0]?.family ?? '' };
}

const allow = (page: Page) => page.getByRole('button', { name: 'Autoriser' });

async function choosePatient(page: Page, family: string): Promise<void> {
  await page.getByRole('combobox').fill(family);
  await page.getByRole('option').first().click();
}

/* ---- in the browser ------------------------------------------------------------------------- */

test('fhirclient: standalone launch, with sign-in, picker and PKCE', async ({ page, context }) => {
  await signIn(page);
  const { family } = await somebody(page);
  await context.clearCookies();
  const { id } = addClient('--redirect', `${place}/done.html`);
  const scope = 'launch/patient openid fhirUser offline_access patient/Patient.rs patient/Observation.rs user/Practitioner.rs';
  await page.goto(`${place}/launch.html?client=${id}&iss=${url}/fhir&scope=${encodeURIComponent(scope)}`);
  await fillSignIn(page, user, password);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Growth chart');
  await expectAccessible(page);
  await expectLargeTargets(page);
  await expect(allow(page)).toBeDisabled();
  await choosePatient(page, family);
  await page.getByRole('checkbox', { name: /soignants/ }).uncheck();
  await allow(page).click();
  await expect(page.locator('#patient')).not.toBeEmpty();
  await expect(page.locator('#user')).toContainText('Practitioner/');
  await expect(page.locator('#scope')).not.toContainText('Practitioner.rs');
  const again = await page.evaluate(async () => {
    const client = (window as unknown as { client: { refresh: () => Promise<unknown>; request: (path: string) => Promise<{ resourceType: string }>; patient: { id: string } } }).client;
    await client.refresh();
    return (await client.request(`Observation?patient=${client.patient.id}&_count=1`)).resourceType;
  });
  expect(again).toBe('Bundle');
  /* The token is for this patient alone, and for what was left ticked. */
  const seen = await page.evaluate(async () => {
    interface Answer { entry?: { resource: { id: string } }[] }
    const { client } = window as unknown as { client: { request: (path: string) => Promise<Answer>; patient: { id: string } } };
    const status = (path: string) => client.request(path).then(() => 200, (fault: { status?: number; statusCode?: number }) => fault.status ?? fault.statusCode);
    const patients = (await client.request('Patient?_count=10')).entry?.map((entry) => entry.resource.id);
    return { patients, own: client.patient.id, staff: await status('Practitioner?_count=1'), flags: await status(`Flag?patient=${client.patient.id}`) };
  });
  expect(seen.patients).toEqual([seen.own]);
  expect(seen.staff).toBe(403);
  expect(seen.flags).toBe(403);
});

test('fhirclient: launch from a chart, and the end of it', async ({ page, context }) => {
  await signIn(page);
  const patient = await somebody(page);
  const client = addClient('--redirect', `${place}/done.html`, '--launch', `${place}/launch.html?client=`);
  const launcher = aceso('client', 'list');
  expect(launcher).toContain(client.id);
  await page.goto(`${url}/p/${patient.id}/programs`);
  await expect(page.getByRole('button', { name: /Ouvrir Growth chart/ }).last()).toBeVisible();
  await expectAccessible(page);
  /* The program knows its own id; here its start page is told. */
  await context.addInitScript((id) => window.sessionStorage.setItem('client', id), client.id);
  const opened = context.waitForEvent('page');
  await page.getByRole('button', { name: /Ouvrir Growth chart/ }).last().click();
  const program = await opened;
  await allow(program).click();
  await expect(program.locator('#patient')).toHaveText(patient.id);
  await page.goto(`${url}/apps`);
  await expect(page.getByRole('button', { name: /Retirer l’accès de/ }).first()).toBeVisible();
  await expectAccessible(page);
  for (const button of await page.getByRole('button', { name: /Retirer l’accès de/ }).all()) await button.click();
  await expect(page.getByText('n’a plus accès')).toBeVisible();
  await expect
    .poll(() =>
      program.evaluate(async () => {
        const held = (window as unknown as { client: { state: { tokenResponse: { access_token: string }; serverUrl: string }; patient: { id: string } } }).client;
        const answer = await fetch(`${held.state.serverUrl}/Patient/${held.patient.id}`, { headers: { Authorization: `Bearer ${held.state.tokenResponse.access_token}` } });
        return answer.status;
      }),
    )
    .toBe(401);
});

test('somebody says no: the program is told, and has nothing', async ({ page }) => {
  await signIn(page);
  const { id } = addClient('--redirect', `${place}/done.html`);
  await page.goto(`${place}/launch.html?client=${id}&iss=${url}/fhir&scope=openid+fhirUser+user/Patient.rs`);
  await page.getByRole('button', { name: 'Refuser' }).click();
  await expect(page.locator('#fault')).toContainText(/denied/i);
});

test('an address that was not registered: nobody is sent there', async ({ page }) => {
  await signIn(page);
  const { id } = addClient('--redirect', `${place}/other.html`);
  await page.goto(`${place}/launch.html?client=${id}&iss=${url}/fhir&scope=openid`);
  await expect(page.getByRole('alert')).toContainText('pas correcte');
  expect(page.url().startsWith(url)).toBe(true);
  await page.goto(`${place}/launch.html?client=nobody&iss=${url}/fhir&scope=openid`);
  await expect(page.getByRole('alert')).toContainText('pas connu');
});

/* ---- in Node ---------------------------------------------------------------------------------- */

async function asked(page: Page, address: URL, wait: string): Promise<URL> {
  await page.route(`${wait}**`, (route) => route.fulfill({ status: 200, body: 'done' }));
  await page.goto(address.href);
  await allow(page).click();
  await page.waitForURL(`${wait}**`);
  return new URL(page.url());
}

test('openid-client: discovery, code, id_token, userinfo, refresh, introspection, revocation', async ({ page }) => {
  await signIn(page);
  const redirect = `${place}/openid`;
  const { id, secret } = addClient('--redirect', redirect, '--secret');
  const config = await openid.discovery(new URL(url), id, secret);
  const verifier = openid.randomPKCECodeVerifier();
  const nonce = openid.randomNonce();
  const state = openid.randomState();
  const address = openid.buildAuthorizationUrl(config, {
    redirect_uri: redirect,
    scope: 'openid fhirUser profile offline_access user/Patient.rs',
    aud: `${url}/fhir`,
    code_challenge: await openid.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
  });
  const back = await asked(page, address, redirect);
  const given = await openid.authorizationCodeGrant(config, back, { pkceCodeVerifier: verifier, expectedNonce: nonce, expectedState: state, idTokenExpected: true });
  const claims = given.claims();
  expect(claims?.iss).toBe(url);
  expect(String(claims?.fhirUser)).toContain('/fhir/Practitioner/');
  const info = await openid.fetchUserInfo(config, given.access_token, claims?.sub ?? '');
  expect(info.name).toBeTruthy();
  /* The code works once, and its second use ends what it gave. */
  const seen = await openid.tokenIntrospection(config, given.access_token);
  expect(seen).toMatchObject({ active: true, client_id: id, scope: given.scope });
  const fresh = await openid.refreshTokenGrant(config, given.refresh_token ?? '');
  expect(fresh.refresh_token).not.toBe(given.refresh_token);
  await openid.tokenRevocation(config, fresh.refresh_token ?? '');
  expect((await openid.tokenIntrospection(config, fresh.access_token)).active).toBe(false);
  expect((await openid.tokenIntrospection(config, given.access_token)).active).toBe(false);
  await expect(openid.refreshTokenGrant(config, fresh.refresh_token ?? '')).rejects.toThrow();
});

test('openid-client: a refresh token that comes twice ends everything', async ({ page }) => {
  await signIn(page);
  const redirect = `${place}/openid`;
  const { id, secret } = addClient('--redirect', redirect, '--secret');
  const config = await openid.discovery(new URL(url), id, secret, openid.ClientSecretBasic(secret));
  const verifier = openid.randomPKCECodeVerifier();
  const address = openid.buildAuthorizationUrl(config, {
    redirect_uri: redirect,
    scope: 'openid offline_access user/Patient.rs',
    aud: `${url}/fhir`,
    code_challenge: await openid.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  });
  const back = await asked(page, address, redirect);
  const given = (await openid.authorizationCodeGrant(config, back, { pkceCodeVerifier: verifier, idTokenExpected: true })) as Given;
  const fresh = (await openid.refreshTokenGrant(config, given.refresh_token ?? '')) as Given;
  await expect(openid.refreshTokenGrant(config, given.refresh_token ?? '')).rejects.toThrow();
  await expect(openid.refreshTokenGrant(config, fresh.refresh_token ?? '')).rejects.toThrow();
  expect((await openid.tokenIntrospection(config, fresh.access_token)).active).toBe(false);
});

/* A service with a key of its own; `how` is node's name of the kind. */
function keyOf(how: 'RS384' | 'ES384'): { key: KeyObject; file: string } {
  const pair = how === 'RS384' ? generateKeyPairSync('rsa', { modulusLength: 2048 }) : generateKeyPairSync('ec', { namedCurve: 'P-384' });
  const jwk = { ...pair.publicKey.export({ format: 'jwk' }), kid: `key-${how}`, alg: how, use: 'sig' };
  const file = join(mkdtempSync(join(tmpdir(), 'aceso-keys-')), 'keys.json');
  writeFileSync(file, JSON.stringify({ keys: [jwk] }));
  return { key: pair.privateKey, file };
}

for (const how of ['RS384', 'ES384'] as const) {
  test(`openid-client and fhir-kit-client: a service that signs with ${how}`, async () => {
    const { key, file } = keyOf(how);
    const { id } = addClient('--service', '--keys', file, '--scopes', 'system/Patient.rs system/Observation.rs');
    const algorithm = how === 'ES384' ? { name: 'ECDSA', namedCurve: 'P-384' } : { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-384' };
    const held = await crypto.subtle.importKey('pkcs8', key.export({ format: 'der', type: 'pkcs8' }), algorithm, false, ['sign']);
    const config = await openid.discovery(new URL(url), id, undefined, openid.PrivateKeyJwt({ key: held, kid: `key-${how}` }));
    const given = (await openid.clientCredentialsGrant(config, { scope: 'system/Patient.rs system/Practitioner.rs' })) as Given;
    expect(given.scope).toBe('system/Patient.rs');
    const { Client } = (await import(join(folder, 'fhir-kit-client/dist/client.js'))) as {
      Client: new (how: object) => {
        smartAuthMetadata: () => Promise<Record<string, unknown>>;
        search: (what: object) => Promise<{ resourceType: string; entry?: unknown[] }>;
      };
    };
    const kit = new Client({ baseUrl: `${url}/fhir`, bearerToken: given.access_token });
    const metadata = await kit.smartAuthMetadata();
    expect(String(metadata.tokenUrl)).toBe(`${url}/oauth/token`);
    expect(String(metadata.authorizeUrl)).toBe(`${url}/oauth/authorize`);
    const found = await kit.search({ resourceType: 'Patient', searchParams: { _count: 1 } });
    expect(found.resourceType).toBe('Bundle');
    expect(found.entry?.length).toBe(1);
    await expect(openid.clientCredentialsGrant(config, { scope: 'system/Practitioner.rs' })).rejects.toThrow();
  });
}
