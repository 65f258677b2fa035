import { startRedis } from '../../testing/redis.ts';
import { describeBlockStore } from '../block-store.contract.ts';
import { RedisBlockStore } from './block-store.ts';

describeBlockStore('redis', async (t) => {
  const redis = await startRedis(t);
  return new RedisBlockStore({ link: await redis.link() });
});
