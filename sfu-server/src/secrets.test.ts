import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { ControlLink } from './testing/link.ts';
import { TestPeer } from './testing/media.ts';
import { SfuProcess } from './testing/process.ts';

test('neither the control secret, nor a wrong one, nor the password of a transport is in the log or the metrics', async (t) => {
  const [secret, wrong] = [randomBytes(24).toString('base64url'), randomBytes(24).toString('base64url')];
  const sfu = new SfuProcess(t, {
    CONTROL_SECRET: secret,
    LOG_LEVEL: 'debug',
    WORKERS: '1',
    WORKER_LOG_LEVEL: 'debug',
  });
  const { port } = (await sfu.logged('listening')) as unknown as { port: number };
  await assert.rejects(ControlLink.open({ port, secret: wrong }));
  const link = await ControlLink.open({ port, secret });
  t.after(() => link.close());
  await link.request('room:open', { sfuRoomId: 'lobby#1' });
  const ann = await TestPeer.open(link, 'lobby#1', 'ann');
  await ann.produce();
  await assert.rejects(link.request('peer:open', { sfuRoomId: secret, peerId: 'ben' }));
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  sfu.child.kill('SIGINT');
  await sfu.exited;
  const said = { 'the log': sfu.stdout, 'what went wrong': sfu.stderr, 'the metrics': metrics };
  assert.match(sfu.stdout, /"level":"debug"/);
  const words = {
    secret,
    wrong,
    ice: ann.send.iceParameters.password,
    'other ice': ann.receive.iceParameters.password,
  };
  for (const [where, text] of Object.entries(said)) {
    for (const [what, word] of Object.entries(words)) assert.ok(!text.includes(word), `${what} is in ${where}`);
  }
});
