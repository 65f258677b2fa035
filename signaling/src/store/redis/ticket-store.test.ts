import type { TestContext } from 'node:test';
import { randomId } from '@parley/shared/runtime';
import { startRedis } from '../../testing/redis.ts';
import { describeTicketStore } from '../ticket-store.contract.ts';
import { RedisTicketStore } from './ticket-store.ts';

describeTicketStore('redis', async (t: TestContext, settings) => {
  const redis = await startRedis(t);
  return new RedisTicketStore({ link: await redis.link(), settings, newId: randomId, random: Math.random });
});
