import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { expectMatrix, play } from './harness/index.ts';

test('three people in a small room hear one another, peer to peer', () =>
  play({}, async (scene) => {
    const people = await scene.join('mesh', ['Ann', 'Ben', 'Cleo']);
    await expectMatrix(people);
    for (const person of people) {
      const { topology, participants } = await person.view();
      equal(topology, 'mesh');
      deepEqual(participants.map(({ name }) => name).sort(), ['Ann', 'Ben', 'Cleo']);
    }
    const sfu = await scene.platform.metrics('sfu-server');
    equal(sfu.get('parley_sfu_transports'), 0, 'nothing goes through the SFU');
  }));
