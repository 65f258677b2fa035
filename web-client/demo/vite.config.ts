import react from '@vitejs/plugin-react';
import { defineConfig, loadEnv } from 'vite';

export default defineConfig(({ mode }) => {
  const { PARLEY_SIGNALING = 'http://localhost:3001' } = loadEnv(mode, import.meta.dirname, 'PARLEY_');
  return {
    root: import.meta.dirname,
    // Absolute, because the server answers /r/NAME with the same page.
    base: '/',
    plugins: [react()],
    build: { target: 'es2022', cssTarget: ['chrome123', 'firefox128', 'safari17.5'] },
    // Signaling is on the page's own origin, in development as in production.
    server: { proxy: { '/socket.io': { target: PARLEY_SIGNALING, ws: true } } },
  };
});
