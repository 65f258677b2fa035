import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { build, type OutputChunk, type RolldownOutput } from 'rolldown';
import { buildOptions, serverBuildOptions } from './build.ts';

const KB = 1024;

const chunksOf = ({ output }: RolldownOutput) => output.filter((file): file is OutputChunk => file.type === 'chunk');
const sizeOf = (chunks: OutputChunk[]) =>
  chunks.reduce((sum, { code }) => sum + gzipSync(code, { level: 9 }).length, 0);

/** The files a page loads with `entry` before anything is asked for dynamically. */
function staticClosure(chunks: OutputChunk[], entry: string): OutputChunk[] {
  const seen = new Set<OutputChunk>();
  const visit = (name: string) => {
    const chunk = chunks.find(({ fileName }) => fileName === name);
    if (!chunk || seen.has(chunk)) return;
    seen.add(chunk);
    chunk.imports.forEach(visit);
  };
  visit(entry);
  return [...seen];
}

test('the SDK is at most 30 KB gzip before it needs the SFU, and 70 KB in all', async (t) => {
  const output = { ...buildOptions.output, sourcemap: false };
  const chunks = chunksOf(await build({ ...buildOptions, output, write: false, logLevel: 'silent' }));
  const early = staticClosure(chunks, 'parley-voice.js');
  const [first, all] = [sizeOf(early), sizeOf(chunks)];
  t.diagnostic(`${(first / KB).toFixed(1)} KB before the SFU, ${(all / KB).toFixed(1)} KB in all`);
  assert.ok(first > 0 && first <= 30 * KB, `${first} bytes before the SFU`);
  assert.ok(all <= 70 * KB, `${all} bytes in all`);
  const modules = early.flatMap(({ moduleIds }) => moduleIds);
  assert.ok(!modules.some((id) => id.includes('mediasoup-client')), 'mediasoup-client is a chunk of its own');
});

test('the part for a backend makes tokens in Node alone', async () => {
  const [only, ...others] = chunksOf(await build({ ...serverBuildOptions, write: false, logLevel: 'silent' }));
  assert.deepEqual([only?.fileName, others], ['server.js', []]);
  const { code = '', moduleIds = [] } = only ?? {};
  assert.ok(!moduleIds.some((id) => /socket\.io|mediasoup|sdk\/src\/(?!server)/.test(id)), moduleIds.join());
  const { createAccessToken } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
  const token: string = createAccessToken({
    apiKey: 'key',
    apiSecret: 'a secret',
    userId: 'ann',
    grants: { speak: false },
  });
  const [head, claims] = token.split('.').map((part) => Buffer.from(part, 'base64url').toString());
  assert.deepEqual(JSON.parse(head ?? ''), { alg: 'HS256', typ: 'JWT', kid: 'key' });
  const { iss, sub, grants, exp, iat } = JSON.parse(claims ?? '');
  assert.deepEqual([iss, sub, grants, exp - iat], ['key', 'ann', { speak: false }, 600]);
});
