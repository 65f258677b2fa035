import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { TurnClient } from '../scripts/turn-client.mjs';
import { hasTurn, TurnProcess } from '../scripts/turn-process.mjs';

const ALLOCATIONS = 200;
/** Each has two devices' worth of a mesh of five. */
const USERS = 20;
const PACKETS = 20;
/** A packet of Opus, with its headers. */
const PACKET_BYTES = 100;

/** What a process holds in memory, in MB. @param {number} pid */
const memoryOf = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

test(`${ALLOCATIONS} allocations are held at once, and each carries sound`, {
  skip: hasTurn() ? false : 'coturn is missing',
}, async (t) => {
  const turn = await TurnProcess.start();
  /** @type {TurnClient[]} */
  const clients = [];
  try {
    const before = memoryOf(turn.pid);
    const begun = performance.now();
    await Promise.all(
      Array.from({ length: ALLOCATIONS }, async (_, i) => {
        const client = await TurnClient.open({
          transport: 'udp',
          host: '127.0.0.1',
          port: turn.port,
          deadlineMs: 20_000,
        });
        clients.push(client);
        await client.allocate(turn.credentials(`user-${i % USERS}`));
      }),
    );
    const allocatedMs = performance.now() - begun;
    const relays = clients.map(({ relayed }) => relayed ?? assert.fail('no relay'));
    assert.equal(new Set(relays.map(({ port }) => port)).size, ALLOCATIONS, 'each has a port of its own');
    const peers = relays.map((_, i) => relays[i ^ 1] ?? assert.fail('no peer'));
    await Promise.all(clients.map((client, i) => client.permit(peers[i] ?? assert.fail('no peer'))));

    // In pairs, each through both of their relays. What is lost on the way is sent again: only what never comes fails.
    const heard = clients.map((client) => {
      const numbers = new Set();
      client.onData = (_peer, data) => numbers.add(data.readUInt16BE(0));
      return numbers;
    });
    const sent = performance.now();
    for (let number = 0; number < PACKETS; number++) {
      const packet = Buffer.alloc(PACKET_BYTES);
      packet.writeUInt16BE(number);
      for (;;) {
        const deaf = clients.filter((_, i) => !heard[i ^ 1]?.has(number));
        if (deaf.length === 0) break;
        for (const client of deaf) client.send(peers[clients.indexOf(client)] ?? assert.fail('no peer'), packet);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
    const carriedMs = performance.now() - sent;
    await Promise.all(clients.map((client) => client.refresh(600)));
    const memory = memoryOf(turn.pid);
    t.diagnostic(
      `${ALLOCATIONS} allocations in ${allocatedMs.toFixed(0)} ms; ${PACKETS} packets each in ${carriedMs.toFixed(0)} ms; ` +
        `coturn ${before.toFixed(1)} MB before, ${memory.toFixed(1)} MB then`,
    );
  } finally {
    for (const client of clients) client.close();
    await turn.close();
  }
});
