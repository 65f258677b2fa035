/**
 * Builds the SDK to dist/parley-voice.js and the chunks it loads itself, and dist/server.js.
 */
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type OutputOptions, type Plugin } from 'rolldown';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

const LEFT_OUT = '\0left-out:';
const EMPTY = 'export const XHR = {}, WT = {}, decode = () => undefined;';

/**
 * What mediasoup-client and Socket.IO bring along and a voice client in a present-day browser never runs: handlers for
 * old Chrome and React Native, test doubles, H.264's profiles (14 KB of the chunk's gzip); transports other than
 * WebSocket, which is the only one the server speaks, and binary messages (4 KB of what is loaded first).
 */
const leaveOut: Plugin = {
  name: 'leave-out',
  resolveId(source) {
    if (source === 'socket.io-parser') return here('./src/signaling/text-parser.ts');
    const isCommonJs =
      /handlers\/(Chrome74|ReactNative106|FakeHandler)$|test\/fakeParameters$|^h264-profile-level-id$/.test(source);
    return isCommonJs ? LEFT_OUT + source : null;
  },
  load(id) {
    if (id.startsWith(LEFT_OUT)) return 'module.exports = {};';
    return /\/(polling-xhr|webtransport)(\.node)?\.js$|\/base64-arraybuffer\.js$/.test(id) ? EMPTY : null;
  },
};

/** What a page loads at once is one chunk, whatever the later ones share with it; the entry only names its exports. */
const ONE_CORE: OutputOptions['codeSplitting'] = { groups: [{ name: 'core', tags: ['$initial'] }] };

export const buildOptions = {
  input: { 'parley-voice': here('./src/index.ts') },
  platform: 'browser',
  transform: {
    target: ['chrome111', 'firefox120', 'safari16'],
    define: { 'process.env.NODE_ENV': '"production"' },
  },
  plugins: [leaveOut],
  output: {
    dir: here('./dist'),
    format: 'esm',
    minify: true,
    sourcemap: true,
    comments: false,
    codeSplitting: ONE_CORE,
    chunkFileNames: 'parley-[name]-[hash].js',
  },
} satisfies BuildOptions;

/** The part for an integrator's backend: a file of its own, without anything of the browser. */
export const serverBuildOptions = {
  input: { server: here('./src/server/index.ts') },
  platform: 'node',
  transform: { target: 'node20' },
  output: { dir: here('./dist'), format: 'esm', sourcemap: true },
} satisfies BuildOptions;

if (import.meta.main) {
  // Chunk names carry hashes: what an earlier build left would pile up.
  await rm(here('./dist'), { recursive: true, force: true });
  await build([buildOptions, serverBuildOptions]);
}
