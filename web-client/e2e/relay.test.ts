import { deepEqual, equal, notEqual, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { hasTurn, TURN_SECRET, TurnProcess } from '../../scripts/turn-process.mjs';
import {
  expectMatrix,
  expectTopology,
  type Person,
  play,
  type Scene,
  type Settings,
  SFU_ONLY,
  until,
} from './harness/index.ts';

const skip = hasTurn() ? false : 'coturn is missing';
const RELAY = { iceTransportPolicy: 'relay' } as const;
const KINDS = [
  ['mesh', {}],
  ['sfu', SFU_ONLY],
] as const;

/** Plays with a real coturn that signaling sends everyone to. */
async function playWithTurn(
  signaling: Settings,
  act: (scene: Scene, turn: TurnProcess) => Promise<void>,
): Promise<void> {
  const turn = await TurnProcess.start();
  try {
    const settings = { TURN_SERVERS: turn.url, TURN_SECRET, ...signaling };
    await play({ signaling: settings }, (scene) => act(scene, turn));
  } catch (error) {
    console.error(turn.output);
    throw error;
  } finally {
    await turn.close();
  }
}

/** Waits until all of their connections are up, by relays alone. */
async function expectRelayed(people: readonly Person[]): Promise<void> {
  for (const person of people) {
    await until(`${person.name} is relayed`, async () => {
      const wires = await person.wires();
      const wrong = wires.filter(({ state, candidateType }) => state !== 'connected' || candidateType !== 'relay');
      return wires.length > 0 && wrong.length === 0 ? null : JSON.stringify(wires);
    });
  }
}

for (const [kind, settings] of KINDS) {
  test(`people who are let out to nothing but a relay hear one another (${kind})`, { skip }, () =>
    playWithTurn(settings, async (scene) => {
      const people = await scene.join('relay', ['Ann', 'Ben', 'Cleo'], RELAY);
      await expectMatrix(people);
      await expectTopology(people, kind);
      await expectRelayed(people);
    }),
  );

  test(`a call goes on after its credentials have ended, with new ones (${kind})`, { skip }, () =>
    playWithTurn({ ...settings, TURN_LIFETIME_MS: 5_000 }, async (scene) => {
      const people = await scene.join('relay', ['Ann', 'Ben'], RELAY);
      const [ann] = people as [Person];
      await expectMatrix(people);
      await expectRelayed(people);
      const before = await ann.wires();
      const end = 1_000 * Number.parseInt(before[0]?.turnUser ?? '', 10);
      await until('all that came with the join has ended', () => (Date.now() > end + 2_000 ? null : 'not yet'));
      // Its connections know of the new ones: an ICE restart, as after a change of networks, finds another relay.
      await ann.page.evaluate(() => dispatchEvent(new Event('online')));
      await until('Ann has other relays', async () => {
        const now = await ann.wires();
        const ports = new Set(before.map(({ localPort }) => localPort));
        const moved = now.every(({ localPort, turnUser }) => !ports.has(localPort) && turnUser !== before[0]?.turnUser);
        return moved && now.length === before.length ? null : JSON.stringify({ before, now });
      });
      await expectMatrix(people);
      // What is negotiated anew after that changes nothing either.
      await ann.setMicrophone(false);
      await expectMatrix(people, (_listener, speaker) => speaker !== ann);
      await ann.setMicrophone(true);
      await expectMatrix(people);
      // And so do connections that are made only now.
      people.push(...(await scene.join('relay', ['Cleo'], RELAY)));
      await expectMatrix(people);
      await expectRelayed(people);
      for (const person of people) deepEqual(await person.eventsOf('relayUnavailable'), [], person.name);
    }),
  );

  test(`a TURN server that is down costs only those who need it, and they are told (${kind})`, { skip }, () =>
    playWithTurn(settings, async (scene, turn) => {
      await turn.stop();
      const people = await scene.join('relay', ['Ann', 'Ben']);
      await expectMatrix(people);
      await expectTopology(people, kind);
      const cleo = await scene.person('Cleo');
      await cleo.join(scene.platform.url, 'relay', RELAY);
      await until('Cleo is told', async () => {
        const [told] = await cleo.eventsOf('relayUnavailable');
        const { connectionState } = await cleo.view();
        return told && connectionState === 'reconnecting' ? null : connectionState;
      });
      const [told, ...more] = await cleo.eventsOf('relayUnavailable');
      deepEqual(
        (told?.data as { code: string }[] | undefined)?.map(({ code }) => code),
        ['relay_unavailable'],
      );
      equal(more.length, 0, 'once');
      await expectMatrix(people);
      for (const person of people) {
        const { connectionState } = await person.view();
        equal(connectionState, 'connected', person.name);
        deepEqual(await person.eventsOf('relayUnavailable'), [], person.name);
        ok((await person.wires()).some(({ state }) => state === 'connected'));
      }
      await turn.startAgain();
      await expectMatrix([...people, cleo], undefined, 60_000);
      await until('Cleo is connected', async () => {
        const { connectionState } = await cleo.view();
        return connectionState === 'connected' ? null : connectionState;
      });
      notEqual((await cleo.wires()).length, 0);
    }),
  );
}
