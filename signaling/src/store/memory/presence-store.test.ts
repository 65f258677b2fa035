import { describePresenceStore } from '../presence-store.contract.ts';
import { MemoryPresenceStore } from './presence-store.ts';

describePresenceStore('memory', async () => new MemoryPresenceStore());
