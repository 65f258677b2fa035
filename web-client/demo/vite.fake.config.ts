import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** The demo against a scripted SDK: every state of the page without servers. See fake/scenario.ts. */
export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  cacheDir: '../../node_modules/.vite-fake',
  resolve: { alias: { '@parley/voice-sdk': `${import.meta.dirname}/fake/voice-sdk.ts` } },
});
