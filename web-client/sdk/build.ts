/**
 * Builds the SDK to dist/parley-voice.js and the chunks it loads itself. `--watch` builds again on change.
 */
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, context, type Plugin } from 'esbuild';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/**
 * What mediasoup-client and Socket.IO bring along and a voice client in a present-day browser never runs: handlers for
 * old Chrome and React Native, and test doubles (13 KB of the chunk's gzip); transports other than WebSocket, which is
 * the only one the server speaks (2 KB of what is loaded first).
 */
const leaveOut: Plugin = {
  name: 'leave-out',
  setup({ onResolve, onLoad }) {
    onResolve(
      {
        filter:
          /handlers\/(Chrome74|ReactNative106)$|test\/fakeParameters$|handlers\/FakeHandler$|\/(polling-xhr|webtransport)(\.node)?\.js$/,
      },
      ({ path }) => ({
        path,
        namespace: 'left-out',
      }),
    );
    // We speak WebSocket only; its other transports are 2 KB of what every page loads.
    onResolve({ filter: /^\.\/(polling-xhr|webtransport)(\.node)?\.js$/ }, ({ path, importer }) =>
      importer.includes('engine.io-client') ? { path, namespace: 'transports' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'transports' }, () => ({
      contents: 'export class XHR {} export class WT {}',
      loader: 'js',
    }));
    onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({ contents: 'module.exports = {};', loader: 'js' }));
  },
};

export const buildOptions: BuildOptions = {
  entryPoints: { 'parley-voice': here('./src/index.ts') },
  outdir: here('./dist'),
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'browser',
  target: ['chrome111', 'firefox120', 'safari16'],
  minify: true,
  sourcemap: true,
  chunkNames: 'parley-[name]-[hash]',
  define: { 'process.env.NODE_ENV': '"production"' },
  legalComments: 'none',
  logLevel: 'info',
  metafile: true,
  plugins: [leaveOut],
};

if (import.meta.main) {
  // Chunk names carry hashes: what an earlier build left would pile up.
  await rm(here('./dist'), { recursive: true, force: true });
  if (process.argv.includes('--watch')) await (await context(buildOptions)).watch();
  else await build(buildOptions);
}
