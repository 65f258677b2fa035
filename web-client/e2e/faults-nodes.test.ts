import { test } from 'node:test';
import { endure } from './harness/fault.ts';
import { withoutRedis } from './harness/index.ts';

const skip = withoutRedis;

test('a signaling node is killed: its people go on at the others, and those who died with it are gone', { skip }, (t) =>
  endure(t, {
    name: 'SIGKILL of a node',
    strike: async ({ platform }) => {
      await platform.node(0).kill();
      return { serving: platform.nodes.slice(1) };
    },
    end: ({ platform }) => platform.node(0).start(),
  }),
);

test('a signaling node is stopped: its people move to the others', { skip }, (t) =>
  endure(t, {
    name: 'SIGTERM of a node',
    strike: async ({ platform }) => {
      const drained = platform.node(0).drain();
      return { serving: platform.nodes.slice(1), until: drained };
    },
    end: ({ platform }) => platform.node(0).start(),
  }),
);

test('a signaling node loses Redis for a while: its people are missed by nobody', { skip }, (t) =>
  endure(t, {
    name: 'a node without Redis',
    strike: async ({ platform }) => {
      platform.node(0).link.cut();
      return {};
    },
    lastsMs: 20_000,
    end: async ({ platform }) => platform.node(0).link.mend(),
  }),
);
