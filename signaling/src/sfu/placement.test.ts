import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { NodeState } from '@parley/shared/control';
import { chooseNode, choosePlace } from './placement.ts';

function node(nodeId: string, more: Partial<NodeState> = {}): NodeState {
  const idle = { region: '', capacity: 100, workers: 2, rooms: 0, peers: 0, load: 0, cpu: 0, draining: false };
  return { nodeId, url: `http://${nodeId}`, ...idle, ...more };
}

describe('where a new room goes', () => {
  test('without a node there is none to choose', () => {
    assert.equal(chooseNode([]), undefined);
  });

  test('nodes that drain, have no worker, or are full take nothing', () => {
    const unfit = [
      node('a', { draining: true }),
      node('b', { workers: 0 }),
      node('c', { peers: 100 }),
      node('d', { capacity: 0 }),
      node('e', { load: 1 }),
    ];
    assert.equal(chooseNode(unfit), undefined);
    assert.equal(chooseNode([...unfit, node('f', { peers: 99 })])?.nodeId, 'f');
  });

  test('the smallest share of the budget in use wins, not the smallest number', () => {
    const large = node('large', { capacity: 1000, peers: 50 });
    assert.equal(chooseNode([node('small', { capacity: 10, peers: 5 }), large])?.nodeId, 'large');
    assert.equal(chooseNode([node('talkative', { load: 0.3 }), large])?.nodeId, 'large');
  });

  test('a node whose CPU is in use has less to give than it expects', () => {
    assert.equal(chooseNode([node('hot', { load: 0.1, cpu: 0.7 }), node('warm', { load: 0.5 })])?.nodeId, 'warm');
  });

  test('the region comes before the load, unless the node there is busy', () => {
    const north = node('north', { region: 'north', load: 0.7 });
    const south = node('south', { region: 'south' });
    assert.equal(chooseNode([south, north], 'north')?.nodeId, 'north');
    assert.equal(chooseNode([south, { ...north, load: 0.8 }], 'north')?.nodeId, 'south');
    assert.equal(
      chooseNode(
        [
          { ...south, cpu: 0.9 },
          { ...north, load: 0.95 },
        ],
        'north',
      )?.nodeId,
      'north',
    );
    assert.equal(chooseNode([south, north], 'west')?.nodeId, 'south');
    assert.equal(chooseNode([south, north])?.nodeId, 'south');
  });

  test('ties go to the node with fewer rooms, then to the first by id, whatever the order', () => {
    const nodes = [node('b'), node('c', { rooms: 1 }), node('a', { rooms: 1 })];
    assert.equal(chooseNode(nodes)?.nodeId, 'b');
    assert.equal(chooseNode(nodes.slice(1))?.nodeId, 'a');
    assert.equal(chooseNode(nodes.slice(1).reverse())?.nodeId, 'a');
  });

  test('the list is left as it was', () => {
    const nodes = [node('b', { peers: 1 }), node('a')];
    chooseNode(nodes);
    assert.deepEqual(
      nodes.map(({ nodeId }) => nodeId),
      ['b', 'a'],
    );
  });
});

describe('which node carries someone', () => {
  const home = node('home', { region: 'north' });
  const place = (nodes: NodeState[], region = '', sfuRoomId = 'room') =>
    choosePlace(nodes, { sfuRoomId, homeId: 'home', region })?.nodeId;

  test('the home, as long as it is not busy and in their region', () => {
    const others = [node('near', { region: 'north' }), node('far', { region: 'south' })];
    assert.equal(place([home, ...others], 'north'), undefined);
    assert.equal(place([home, ...others]), undefined);
    assert.equal(place([{ ...home, load: 0.79 }, ...others], 'north'), undefined);
  });

  test('a node of their region, when that is not the home’s', () => {
    const south = node('far', { region: 'south' });
    assert.equal(place([home, south], 'south'), 'far');
    assert.equal(choosePlace([home, south], { sfuRoomId: 'room', homeId: 'home', region: 'south' })?.url, 'http://far');
    assert.equal(place([home, south], 'west'), undefined);
    for (const unfit of [
      { draining: true },
      { workers: 0 },
      { peers: 100 },
      { load: 0.8 },
      { cpu: 0.8 },
      { url: '' },
    ]) {
      assert.equal(place([home, { ...south, ...unfit }], 'south'), undefined, JSON.stringify(unfit));
    }
  });

  test('another node when the home is busy or full: of their region, else any; none when all are', () => {
    const near = node('near', { region: 'north' });
    const far = node('far', { region: 'south' });
    for (const crowded of [{ load: 0.8 }, { cpu: 0.9 }, { peers: 100 }, { workers: 0 }]) {
      const busy = { ...home, ...crowded };
      assert.equal(place([busy, near, far], 'north'), 'near');
      assert.equal(place([busy, near, far]), 'near');
      assert.equal(place([busy, near, far], 'south'), 'far');
      assert.equal(place([busy, far], 'north'), 'far');
      assert.equal(place([busy, { ...near, load: 0.8 }], 'north'), undefined);
      assert.equal(place([busy], 'north'), undefined);
    }
  });

  test('those of one room find the same node, whoever asks; rooms spread over the nodes', () => {
    const south = ['a', 'b', 'c', 'd'].map((nodeId) => node(nodeId, { region: 'south' }));
    const at = (room: string, nodes: NodeState[]) => place([home, ...nodes], 'south', room);
    const rooms = Array.from({ length: 200 }, (_, i) => `room-${i}`);
    const places = rooms.map((room) => at(room, south));
    assert.deepEqual(
      rooms.map((room) => at(room, [...south].reverse())),
      places,
    );
    for (const { nodeId } of south) assert.ok(places.filter((it) => it === nodeId).length > 20, nodeId);
    // A node that is no longer there moves those it had, and nobody else.
    const without = rooms.map((room) => at(room, south.slice(1)));
    for (const [i, before] of places.entries()) if (before !== 'a') assert.equal(without[i], before);
  });

  test('a home that is out of reach can put nobody anywhere', () => {
    assert.equal(place([node('near')], 'north'), undefined);
  });
});
