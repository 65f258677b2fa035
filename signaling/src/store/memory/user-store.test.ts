import { systemClock } from '@parley/shared/runtime';
import { describeUserStore } from '../user-store.contract.ts';
import { MemoryUserStore } from './user-store.ts';

describeUserStore('memory', async () => new MemoryUserStore(systemClock));
