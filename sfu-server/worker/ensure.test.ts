import assert from 'node:assert/strict';
import { chmod, copyFile, cp, mkdir, mkdtemp, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { until } from '../src/testing/until.ts';
import { toPrivateSources } from './apt-sources.mjs';
import { cacheFolder, findCached, findUnproven, quarantine, store, withLock } from './cache.mjs';
import { accept, ensureWorker } from './ensure.mjs';
import { findMediasoup } from './mediasoup.mjs';
import { applyPatches, patches } from './overlays/patches.mjs';
import { CommandError, run } from './run.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));

/** Variables that change where a worker comes from; every test starts without the caller's. */
const VARIABLES = ['XDG_CACHE_HOME', 'MEDIASOUP_WORKER_BIN'] as const;

const callersEnv = Object.fromEntries(VARIABLES.map((name) => [name, process.env[name]]));
let scratch: string;

before(async () => {
  scratch = await mkdtemp(path.join(tmpdir(), 'parley-worker-test-'));
  process.env.XDG_CACHE_HOME = scratch;
  delete process.env.MEDIASOUP_WORKER_BIN;
});

after(async () => {
  for (const name of VARIABLES) {
    const value = callersEnv[name];
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  await rm(scratch, { recursive: true, force: true });
});

/** A program that ends at once: it starts like a worker and never becomes one. */
async function brokenWorker(name: string): Promise<string> {
  const binary = path.join(scratch, name);
  await copyFile('/bin/true', binary);
  await chmod(binary, 0o755);
  return binary;
}

async function workshop(): Promise<string> {
  return mkdtemp(path.join(scratch, 'workshop-'));
}

describe('ensureWorker', () => {
  test('answers from the cache at once, without proving it again', async () => {
    const folder = cacheFolder(findMediasoup());
    const stored = await store(folder, await brokenWorker('cached'), await workshop());

    assert.equal(await ensureWorker(), stored);

    await rm(folder, { recursive: true });
  });

  test('prefers the worker the environment names', async () => {
    const named = await brokenWorker('named');
    process.env.MEDIASOUP_WORKER_BIN = named;
    try {
      assert.equal(await ensureWorker(), named);
    } finally {
      delete process.env.MEDIASOUP_WORKER_BIN;
    }
  });

  test('says what to do when the environment names a worker that is not there', async () => {
    process.env.MEDIASOUP_WORKER_BIN = path.join(scratch, 'nowhere');
    try {
      await assert.rejects(ensureWorker(), /MEDIASOUP_WORKER_BIN names .*nowhere, which does not exist.*unset it/);
    } finally {
      delete process.env.MEDIASOUP_WORKER_BIN;
    }
  });
});

describe('the proof', () => {
  test('refuses a binary that is no worker, puts it away and says what to do', async () => {
    const folder = path.join(scratch, 'some-worker');
    const binary = await brokenWorker('broken');

    await assert.rejects(accept(binary, folder), (error: Error) => {
      assert.match(error.message, /does not carry a call/);
      assert.match(error.message, /code:0/, 'says how the program ended');
      assert.match(error.message, /--rebuild/);
      assert.match(error.message, /MEDIASOUP_WORKER_BIN/);
      return true;
    });
    await assert.rejects(stat(binary), { code: 'ENOENT' });
    assert.ok((await stat(path.join(`${folder}.refused`, 'mediasoup-worker'))).isFile());
    assert.equal(findCached(folder), undefined);
  });
});

describe('the cache', () => {
  test('knows a worker by its recipe: another recipe, another folder', async () => {
    const recipeDir = path.join(scratch, 'recipe');
    await cp(here, recipeDir, { recursive: true });
    const options = { version: '1.2.3', recipeDir, distribution: 'debian-12' };
    const original = cacheFolder(options);

    assert.equal(cacheFolder(options), original, 'the same recipe has the same folder');
    assert.notEqual(cacheFolder({ ...options, distribution: 'debian-13' }), original);
    assert.notEqual(cacheFolder({ ...options, version: '1.2.4' }), original);

    for (const file of ['compile.mjs', 'overlays/include/srtp.h', 'overlays/patches.mjs']) {
      const target = path.join(recipeDir, file);
      const text = await readFile(target);
      await writeFile(target, Buffer.concat([text, Buffer.from('\n')]));
      assert.notEqual(cacheFolder(options), original, `${file} belongs to the recipe`);
      await writeFile(target, text);
    }

    await writeFile(path.join(recipeDir, 'README.md'), 'other words');
    assert.equal(cacheFolder(options), original, 'the README does not');
  });

  test('does not count a binary whose proof is missing, of another version, or of another binary', async () => {
    const folder = path.join(scratch, 'counted');
    const stored = await store(folder, await brokenWorker('count'), await workshop());
    const marker = path.join(folder, 'proof.json');
    const proof = JSON.parse(await readFile(marker, 'utf8'));

    assert.equal(findCached(folder), stored);
    await writeFile(marker, JSON.stringify({ ...proof, proof: 'older' }));
    assert.equal(findCached(folder), undefined);
    await writeFile(marker, JSON.stringify({ ...proof, size: proof.size - 1 }));
    assert.equal(findCached(folder), undefined);
    await rm(marker);
    assert.equal(findCached(folder), undefined);
    assert.equal(findUnproven(folder), stored, 'it can still be proven again');
    await quarantine(folder, stored);
    assert.equal(findUnproven(folder), undefined);
  });

  test('lets one at a time work, and the next one in when the first fails', async () => {
    const folder = path.join(scratch, 'locked');
    const order: string[] = [];
    const inside = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();

    const first = withLock(folder, { onWait: () => {} }, async () => {
      order.push('first in');
      inside.resolve();
      await gate.promise;
      order.push('first out');
      throw new Error('failed');
    });
    await inside.promise;
    const second = withLock(folder, { onWait: () => gate.resolve() }, async (place) => {
      order.push('second in');
      return (await stat(place)).isDirectory();
    });

    await assert.rejects(first, /failed/);
    assert.equal(await second, true);
    assert.deepEqual(order, ['first in', 'first out', 'second in']);
    await assert.rejects(stat(`${folder}.lock`), { code: 'ENOENT' });
  });

  test('takes over from a holder that was killed', async () => {
    const folder = path.join(scratch, 'abandoned');
    const longAgo = new Date(Date.now() - 120_000);
    await mkdir(path.join(`${folder}.lock`, 'half-built'), { recursive: true });
    await utimes(`${folder}.lock`, longAgo, longAgo);

    const clean = await withLock(folder, { onWait: () => {} }, async (place) => {
      await assert.rejects(stat(path.join(place, 'half-built')), { code: 'ENOENT' });
      return true;
    });

    assert.equal(clean, true);
  });
});

describe('the recipe', () => {
  test('patches apply to the installed mediasoup', async () => {
    const { workerDir } = findMediasoup();

    for (const { file, find, replace } of patches) {
      const patched = applyPatches(file, await readFile(path.join(workerDir, file), 'utf8'));
      assert.ok(patched.includes(replace));
      assert.ok(!patched.includes(find));
    }
  });

  test('a patch that no longer fits stops the build', () => {
    const patch = { file: 'a.cpp', find: 'old', replace: 'new', why: 'of a bug' };

    assert.equal(applyPatches('b.cpp', 'whatever', [patch]), 'whatever');
    assert.throws(() => applyPatches('a.cpp', 'mended upstream', [patch]), /still needs the patch \(of a bug\)/);
    assert.throws(() => applyPatches('a.cpp', 'old and old', [patch]), /exactly once/);
  });

  test("takes the distribution's own mirrors, in both notations, and adds their sources", async () => {
    const aptDir = path.join(scratch, 'apt');
    await mkdir(path.join(aptDir, 'sources.list.d'), { recursive: true });
    await writeFile(
      path.join(aptDir, 'sources.list'),
      [
        '# deb http://off.example/debian bookworm main',
        'deb [arch=amd64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://mirror.example/debian bookworm main contrib',
        'deb [signed-by=/etc/apt/keyrings/other.gpg] http://other.example/apt bookworm main',
        'deb cdrom:[Debian]/ bookworm main',
        'deb http://vendor.example/apt stable main',
      ].join('\n'),
    );
    await writeFile(
      path.join(aptDir, 'sources.list.d', 'debian.sources'),
      [
        'Types: deb\n# a comment\nURIs: http://sec.example/debian-security\nSuites: bookworm-security\nComponents: main',
        'Types: deb\nURIs: http://disabled.example/debian\nSuites: bookworm\nComponents: main\nEnabled: no',
        'Types: deb\nURIs: http://tool.example/\nSuites: nodistro\nComponents: main',
      ].join('\n\n'),
    );

    const { deb822, oneLine } = await toPrivateSources({ aptDir, codename: 'bookworm' });

    assert.equal(
      deb822,
      'Types: deb deb-src\nURIs: http://sec.example/debian-security\nSuites: bookworm-security\nComponents: main\n',
    );
    assert.deepEqual(
      oneLine.trim().split('\n'),
      ['deb', 'deb-src'].map(
        (type) =>
          `${type} [arch=amd64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://mirror.example/debian bookworm main contrib`,
      ),
    );
    await assert.rejects(toPrivateSources({ aptDir, codename: 'trixie' }), /no package mirror for "trixie".*add one/s);
  });
});

describe('a child process', () => {
  test('is ended with everything it started when its time is up', async () => {
    const pidFile = path.join(scratch, 'grandchild');
    const script = `sleep 60 & echo $! > ${pidFile}; wait`;

    await assert.rejects(run('sh', ['-c', script], { timeoutMs: 300 }), /sh took longer than 0.3 s/);

    const pid = (await readFile(pidFile, 'utf8')).trim();
    // Gone, or a zombie that waits for init to notice.
    await until('it to be gone', async () => {
      const state = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') Z');
      return /\) Z/.test(state);
    });
  });

  test('says what it said when it fails', async () => {
    await assert.rejects(
      run('sh', ['-c', 'echo trouble >&2; exit 3'], { timeoutMs: 5_000 }),
      (error) => error instanceof CommandError && error.refused && /code 3:\ntrouble/.test(error.message),
    );
    await assert.rejects(run('no-such-program', [], { timeoutMs: 5_000 }), /cannot run no-such-program/);
  });
});
