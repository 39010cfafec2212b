import { defineConfig } from 'vite';

/* The build is embedded in the server: index.html at /, everything else under /assets with a
 * hash in its name. Nothing is inlined, because the policy of the server allows neither inline
 * script nor data: addresses. */
export default defineConfig({
  build: {
    outDir: 'dist',
    assetsDir: 'assets',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2022',
    sourcemap: false,
    reportCompressedSize: false,
    rolldownOptions: {
      onLog(level, log, tell) {
        /* Mantine marks each file for server rendering, which the app does not have. */
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') tell(level, log);
      },
    },
  },
  server: {
    proxy: Object.fromEntries(
      ['/auth', '/fhir'].map((path) => [
        path,
        { target: process.env.ACESO_URL ?? 'https://127.0.0.1:8443', secure: false },
      ]),
    ),
  },
});
