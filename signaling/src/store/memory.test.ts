import { MemoryRoomStore } from './memory.ts';
import { describeRoomStore } from './store.contract.ts';

describeRoomStore('memory', async () => new MemoryRoomStore());
