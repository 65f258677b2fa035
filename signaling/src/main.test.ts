import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { TestClient } from './testing/client.ts';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));

/** The server as operators start it. */
function start(t: TestContext, env: Record<string, string>) {
  const child = spawn(process.execPath, [MAIN], {
    env: { PATH: process.env.PATH, HOST: '127.0.0.1', PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  let errors = '';
  child.stderr.on('data', (data) => {
    errors += data;
  });
  const exited = new Promise<{ code: number | null; errors: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, errors }));
  });
  const listening = new Promise<{ port: number; nodeId: string }>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const entry = JSON.parse(line);
      if (entry.message === 'listening') resolve(entry);
    });
    void exited.then(({ errors: why }) => reject(new Error(`ended: ${why}`)));
  });
  listening.catch(() => {});
  return { child, listening, exited };
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`it listens, says where, and ends with ${signal}, connections or not`, async (t) => {
    const { child, listening, exited } = start(t, { LOG_LEVEL: 'error', NODE_ID: 'node-7' });
    const { port, nodeId } = await listening;
    assert.equal(nodeId, 'node-7');
    const client = new TestClient(`http://127.0.0.1:${port}`);
    t.after(() => client.close());
    await client.connected();
    await client.join('lobby', 'Ann');
    child.kill(signal);
    assert.deepEqual(await exited, { code: 0, errors: '' });
  });
}

test('a configuration that is not valid is told, and ends it', async (t) => {
  const { exited } = start(t, { MESH_MAX_PEER: '3', PORT: 'x' });
  const { code, errors } = await exited;
  assert.equal(code, 1);
  assert.equal(
    errors,
    'MESH_MAX_PEER is not a setting; did you mean MESH_MAX_PEERS?\nPORT must be a whole number of port\n',
  );
});
