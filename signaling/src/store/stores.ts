import type { Clock, Logger } from '@parley/shared/runtime';
import type { MatchSettings } from '../matchmaking/settings.ts';
import type { RoomState } from '../rooms/index.ts';
import type { BanStore } from './ban-store.ts';
import type { BlockStore } from './block-store.ts';
import type { DepartureStore } from './departure-store.ts';
import { MemoryBanStore } from './memory/ban-store.ts';
import { MemoryBlockStore } from './memory/block-store.ts';
import { MemoryDepartureStore } from './memory/departure-store.ts';
import { MemoryOutbox } from './memory/outbox.ts';
import { MemoryPresenceStore } from './memory/presence-store.ts';
import { MemoryRoomStore } from './memory/room-store.ts';
import { MemoryTicketStore } from './memory/ticket-store.ts';
import { MemoryUserStore } from './memory/user-store.ts';
import type { Outbox, OutboxLimits } from './outbox.ts';
import type { PresenceStore } from './presence-store.ts';
import { RedisBanStore } from './redis/ban-store.ts';
import { RedisBlockStore } from './redis/block-store.ts';
import { RedisDepartureStore } from './redis/departure-store.ts';
import type { RedisLink } from './redis/link.ts';
import { RedisOutbox } from './redis/outbox.ts';
import { RedisPresenceStore } from './redis/presence-store.ts';
import { RedisRoomStore } from './redis/room-store.ts';
import { RedisTicketStore } from './redis/ticket-store.ts';
import { RedisUserStore } from './redis/user-store.ts';
import type { RoomStore } from './room-store.ts';
import { SupabaseBlockStore } from './supabase/block-store.ts';
import type { SupabaseSettings } from './supabase/configuration.ts';
import type { TicketStore } from './ticket-store.ts';
import type { UserStore } from './user-store.ts';

/** All that signaling keeps. */
export interface Stores {
  readonly rooms: RoomStore;
  readonly users: UserStore;
  readonly presence: PresenceStore;
  readonly tickets: TicketStore;
  readonly blocks: BlockStore;
  readonly bans: BanStore;
  readonly departures: DepartureStore;
  readonly outbox: Outbox;
}

export interface StoreOptions {
  nodeId: string;
  clock: Clock;
  logger: Logger;
  newId: () => string;
  /** For how long who has left is remembered, in ms. */
  sessionLifetimeMs: number;
  matching: MatchSettings;
  /** Keeps what must last; undefined: blocks and reports are kept with the rest. */
  supabase: SupabaseSettings | undefined;
  outbox: OutboxLimits;
  /** When time alone next changes something in a room; null: never. */
  wakeAt: (state: RoomState) => number | null;
}

/** In this process's memory: for one node, and gone with it. */
export function memoryStores({
  clock,
  logger,
  supabase,
  newId,
  sessionLifetimeMs: lifetimeMs,
  matching: settings,
  outbox,
}: StoreOptions): Stores {
  return {
    rooms: new MemoryRoomStore(),
    users: new MemoryUserStore(clock),
    presence: new MemoryPresenceStore(),
    tickets: new MemoryTicketStore({ settings, random: Math.random, newId }),
    blocks: supabase ? new SupabaseBlockStore({ ...supabase, logger }) : new MemoryBlockStore(),
    bans: new MemoryBanStore({ clock }),
    departures: new MemoryDepartureStore({ clock, lifetimeMs }),
    outbox: new MemoryOutbox(outbox),
  };
}

/** In Redis, for all nodes together. */
export function redisStores(
  link: RedisLink,
  options: StoreOptions,
  isAlive: (nodeId: string) => boolean,
): Stores & { readonly rooms: RedisRoomStore; readonly outbox: RedisOutbox } {
  const { clock, logger, newId, sessionLifetimeMs: lifetimeMs, matching: settings, supabase } = options;
  return {
    rooms: new RedisRoomStore({ ...options, link }),
    users: new RedisUserStore(link),
    presence: new RedisPresenceStore(link),
    tickets: new RedisTicketStore({ link, settings, random: Math.random, newId }),
    blocks: supabase ? new SupabaseBlockStore({ ...supabase, logger }) : new RedisBlockStore({ link }),
    bans: new RedisBanStore({ link, clock }),
    departures: new RedisDepartureStore({ link, lifetimeMs }),
    outbox: new RedisOutbox({ ...options, ...options.outbox, link, isAlive }),
  };
}
