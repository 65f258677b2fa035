/**
 * Builds the SDK to dist/parley-voice.js and the chunks it loads itself. `--watch` builds again on change.
 */
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, context, type Plugin } from 'esbuild';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** What stands for Socket.IO's handling of binary messages: no message of ours is one, and one that comes is an error. */
const NO_BINARY = [
  'export const hasBinary = () => false, isBinary = hasBinary, decode = hasBinary;',
  'export const deconstructPacket = (packet) => ({ packet, buffers: [] }), reconstructPacket = (packet) => packet;',
].join('\n');

/**
 * What mediasoup-client and Socket.IO bring along and a voice client in a present-day browser never runs: handlers for
 * old Chrome and React Native, and test doubles (13 KB of the chunk's gzip); transports other than WebSocket, which is
 * the only one the server speaks, and binary messages (3 KB of what is loaded first).
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
    onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({ contents: 'module.exports = {};', loader: 'js' }));
    onLoad({ filter: /socket\.io-parser\/.*\/(is-)?binary\.js$|\/base64-arraybuffer\.js$/ }, () => ({
      contents: NO_BINARY,
      loader: 'js',
    }));
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

/** The part for an integrator's backend: a file of its own, without anything of the browser. */
export const serverBuildOptions: BuildOptions = {
  entryPoints: { server: here('./src/server/index.ts') },
  outdir: here('./dist'),
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: true,
  logLevel: 'info',
  metafile: true,
};

if (import.meta.main) {
  // Chunk names carry hashes: what an earlier build left would pile up.
  await rm(here('./dist'), { recursive: true, force: true });
  const all = [buildOptions, serverBuildOptions];
  if (process.argv.includes('--watch')) await Promise.all(all.map(async (options) => (await context(options)).watch()));
  else await Promise.all(all.map((options) => build(options)));
}
