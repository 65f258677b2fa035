import { describeBlockStore } from '../block-store.contract.ts';
import { MemoryBlockStore } from './block-store.ts';

describeBlockStore('memory', async () => new MemoryBlockStore());
