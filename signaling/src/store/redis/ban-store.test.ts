import { startRedis } from '../../testing/redis.ts';
import { describeBanStore } from '../ban-store.contract.ts';
import { RedisBanStore } from './ban-store.ts';

describeBanStore('redis', async (t, clock) => {
  const redis = await startRedis(t);
  return new RedisBanStore({ link: await redis.link(), clock });
});
