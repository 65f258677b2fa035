import { describeTicketStore } from '../ticket-store.contract.ts';
import { MemoryTicketStore } from './ticket-store.ts';

let ids = 0;
describeTicketStore(
  'memory',
  async (_, settings) => new MemoryTicketStore({ settings, random: Math.random, newId: () => `match-${ids++}` }),
);
