import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestClient } from './testing/client.ts';
import { startProcess } from './testing/process.ts';

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`it listens, says where, and ends with ${signal}, connections or not`, async (t) => {
    const { child, listening, exited } = startProcess(t, { LOG_LEVEL: 'error', NODE_ID: 'node-7' });
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
  const { exited } = startProcess(t, { MESH_MAX_PEER: '3', PORT: 'x' });
  const { code, errors } = await exited;
  assert.equal(code, 64);
  assert.equal(
    errors,
    'MESH_MAX_PEER is not a setting; did you mean MESH_MAX_PEERS?\nPORT must be a whole number of port\n',
  );
});
