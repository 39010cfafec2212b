/* `npm test` and `npm run test:factors` test the app against a running server, `npm run test:states` against the small one
 * in tests/web/mock. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const project = process.argv[2] ?? 'server';
const chromium = process.env.CHROMIUM ?? '/usr/bin/chromium';

function skip(why) {
  console.log(`skipped: web ${project} tests, because ${why}`);
  process.exit(0);
}

if (project !== 'states' && !process.env.ACESO_URL) skip('ACESO_URL is not set (nothing was started)');
if (project === 'server' && !process.env.ACESO_PASSWORD) skip('ACESO_USER and ACESO_PASSWORD are not set');
if (!existsSync(chromium)) skip(`there is no Chromium at ${chromium} (CHROMIUM names another place)`);

/* There each test has a server of its own; elsewhere all have one. */
const workers = project === 'states' ? 2 : 1;
const command = fileURLToPath(new URL('../node_modules/@playwright/test/cli.js', import.meta.url));
const run = spawnSync(process.execPath, [command, 'test', `--project=${project}`, `--workers=${workers}`, ...process.argv.slice(3)], {
  cwd: fileURLToPath(new URL('..', import.meta.url)),
  stdio: 'inherit',
});
process.exit(run.status ?? 1);
