import { defineConfig } from '@playwright/test';

/* Debian's own Chromium. The background services are off: they would look for hosts of others. */
const chromium = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export default defineConfig({
  testDir: '../tests/web',
  outputDir: 'test-results',
  fullyParallel: false,
  /* A busy machine is no fault of the app: what must be fast is measured elsewhere. */
  timeout: 120_000,
  expect: { timeout: 20_000 },
  reporter: [['list']],
  use: {
    ignoreHTTPSErrors: true,
    locale: 'fr-BE',
    timezoneId: 'America/Toronto',
    viewport: { width: 1440, height: 900 },
    launchOptions: { executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: chromium },
  },
  projects: [
    { name: 'states', fullyParallel: true, testMatch: ['plain.spec.ts', 'states.spec.ts', 'clinic.spec.ts', 'glass.spec.ts'] },
    { name: 'server', testMatch: ['server.spec.ts', 'screens.spec.ts', 'programs.spec.ts', 'admin.spec.ts', 'home.spec.ts'] },
    { name: 'jobs', testMatch: ['jobs.spec.ts', 'diary.spec.ts'] },
    { name: 'factors', testMatch: ['factors.spec.ts', 'providers.spec.ts', 'card.spec.ts', 'emergency.spec.ts'] },
  ],
});
