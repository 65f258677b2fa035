import { describeRoomStore } from '../room-store.contract.ts';
import { MemoryRoomStore } from './room-store.ts';

describeRoomStore('memory', async () => new MemoryRoomStore());
