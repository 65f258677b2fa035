import { type Clock, type Logger, systemClock } from '@parley/shared/runtime';
import type { Connection } from '../signaling/connection.ts';
import type { Presence, PresenceWatch } from '../types.ts';
import { Watch } from './watch.ts';

export interface ClientPresenceOptions {
  connection: Connection;
  log: Logger;
  clock?: Clock;
}

/** What this client watches. */
export class ClientPresence implements Presence {
  readonly #connection: Connection;
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #watches = new Set<Watch>();

  constructor({ connection, log, clock = systemClock }: ClientPresenceOptions) {
    this.#connection = connection;
    this.#log = log;
    this.#clock = clock;
    connection.on('presence:changed', (event) => {
      for (const watch of this.#watches) if (watch.watchId === event.watchId) watch.handleChanged(event);
    });
    // Watches end with the socket on which they were begun.
    const renew = () => {
      for (const watch of this.#watches) void watch.renew();
    };
    connection.on('reconnected', renew);
    connection.on('moved', renew);
  }

  async watch(userIds?: readonly string[]): Promise<PresenceWatch> {
    const watch: Watch = new Watch({
      begin: () => this.#connection.request('presence:watch', userIds ? { userIds: [...userIds] } : {}),
      end: (watchId) => this.#end(watchId),
      isConnected: () => this.#connection.connected,
      onClosed: () => this.#watches.delete(watch),
      clock: this.#clock,
      log: this.#log,
    });
    this.#watches.add(watch);
    try {
      await this.#connection.open();
      await watch.begin();
      return watch;
    } catch (error) {
      watch.close();
      throw error;
    }
  }

  close(): void {
    for (const watch of [...this.#watches]) watch.close();
  }

  #end(watchId: string): void {
    // All who watch everyone share one watch.
    if ([...this.#watches].some((watch) => watch.watchId === watchId)) return;
    // If it cannot be said, it ends with the socket.
    this.#connection.request('presence:unwatch', { watchId }).catch(() => undefined);
  }
}
