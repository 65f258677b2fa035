import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Attempt, QualityReport } from '@parley/shared/protocol';
import { Emitter, silentLogger } from '@parley/shared/runtime';
import { Quality, type QualityOptions } from './quality.ts';

const attempt: Attempt = { path: 'mesh', outcome: 'connected', ms: 300 };

function setUp() {
  const told: QualityReport[] = [];
  const paths = Object.assign(new Emitter<{ attempted: [Attempt] }>(), { all: [] });
  const quality = new Quality({
    connection: { tell: (_name: string, report: QualityReport) => void told.push(report) },
    joined: { snapshot: { roomId: 'lobby' } },
    askedAt: 0,
    topology: { kind: 'mesh', activeEpoch: 1 },
    paths,
    playback: { speakers: [] },
    roster: { others: [] },
    isOnline: () => true,
    log: silentLogger,
  } as unknown as QualityOptions);
  return { quality, paths, told };
}

test('what happens before the part that reports it is loaded is reported all the same', async () => {
  const { quality, paths, told } = setUp();
  paths.emit('attempted', attempt);
  quality.noteHandover({ from: 'mesh', to: 'sfu', silenceMs: 12 });
  assert.equal((await quality.stats()).sendBitrate, null);
  paths.emit('attempted', attempt);
  quality.close(true);
  assert.deepEqual(told.length, 1);
  assert.deepEqual(told[0]?.attempts, [attempt, attempt]);
  assert.deepEqual(told[0]?.handovers, [{ from: 'mesh', to: 'sfu', silenceMs: 12 }]);
});

test('a room that is left before that tells nothing, and leaves nothing running', async () => {
  const { quality, paths, told } = setUp();
  paths.emit('attempted', attempt);
  quality.close(true);
  await quality.stats();
  assert.deepEqual(told, []);
});
