import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { build, type Metafile } from 'esbuild';
import { buildOptions, serverBuildOptions } from './build.ts';

const KB = 1024;

/** The files a page loads with `entry` before anything is asked for dynamically. */
function staticClosure(metafile: Metafile, entry: string): Set<string> {
  const seen = new Set<string>();
  const visit = (path: string) => {
    if (seen.has(path)) return;
    seen.add(path);
    for (const { path: next, kind } of metafile.outputs[path]?.imports ?? [])
      if (kind === 'import-statement') visit(next);
  };
  visit(entry);
  return seen;
}

test('the SDK is at most 35 KB gzip before it needs the SFU, and 70 KB in all', async (t) => {
  const { outputFiles, metafile } = await build({
    ...buildOptions,
    write: false,
    metafile: true,
    sourcemap: false,
    logLevel: 'silent',
  });
  const sizeOf = (path: string) => {
    const file = outputFiles.find((output) => output.path.endsWith(path));
    assert.ok(file, path);
    return gzipSync(file.contents, { level: 9 }).length;
  };
  const scripts = Object.keys(metafile.outputs).filter((path) => path.endsWith('.js'));
  const entry = scripts.find((path) => path.endsWith('/parley-voice.js'));
  assert.ok(entry);
  const first = [...staticClosure(metafile, entry)].reduce((sum, path) => sum + sizeOf(path), 0);
  const all = scripts.reduce((sum, path) => sum + sizeOf(path), 0);
  t.diagnostic(`${(first / KB).toFixed(1)} KB before the SFU, ${(all / KB).toFixed(1)} KB in all`);
  assert.ok(first <= 35 * KB, `${first} bytes before the SFU`);
  assert.ok(all <= 70 * KB, `${all} bytes in all`);
  const early = [...staticClosure(metafile, entry)].flatMap((path) =>
    Object.keys(metafile.outputs[path]?.inputs ?? {}),
  );
  assert.ok(!early.some((input) => input.includes('mediasoup-client')), 'mediasoup-client is a chunk of its own');
});

test('the part for a backend makes tokens in Node alone', async () => {
  const { outputFiles, metafile } = await build({ ...serverBuildOptions, write: false, logLevel: 'silent' });
  const inputs = Object.keys(metafile?.inputs ?? {});
  assert.ok(!inputs.some((input) => /socket\.io|mediasoup|sdk\/src\/(?!server)/.test(input)), inputs.join());
  const code = outputFiles?.find(({ path }) => path.endsWith('/server.js'))?.text ?? assert.fail('no server.js');
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
