import { setTimeout as pause } from 'node:timers/promises';
import type { SignalingNodes } from '../../../../scripts/signaling-nodes.mjs';
import type { Chance } from './random.ts';

/** Makes something fail and mends it again. */
type Fault = (cluster: SignalingNodes, chance: Chance) => Promise<unknown>;

const anyOf = ({ nodes }: SignalingNodes, chance: Chance) => chance.pick(nodes);
const aWhile = (chance: Chance) => pause(chance.between(500, 4_000));

export const FAULTS = {
  'a node is killed': async (cluster, chance) => {
    const node = anyOf(cluster, chance);
    await node.kill();
    await aWhile(chance);
    await node.start();
  },
  'a node is stopped': async (cluster, chance) => {
    const node = anyOf(cluster, chance);
    await node.drain();
    await aWhile(chance);
    await node.start();
  },
  'redis hangs': async ({ redis }, chance) => {
    redis.freeze();
    await aWhile(chance);
    redis.thaw();
  },
  'redis comes back empty': async ({ redis }, chance) => {
    await redis.stop();
    await aWhile(chance);
    await redis.startAgain();
  },
  'redis is emptied': ({ redis }) => redis.command('FLUSHALL'),
  'a node is cut off from redis': async (cluster, chance) => {
    const node = anyOf(cluster, chance);
    node.link.cut();
    await aWhile(chance);
    node.link.mend();
  },
  'a node talks to redis in vain': async (cluster, chance) => {
    const node = anyOf(cluster, chance);
    node.link.swallow();
    await aWhile(chance);
    node.link.mend();
  },
} as const satisfies Record<string, Fault>;

export type FaultName = keyof typeof FAULTS;
export const FAULT_NAMES = Object.keys(FAULTS) as FaultName[];
