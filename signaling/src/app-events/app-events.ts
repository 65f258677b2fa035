import type { AppEvent } from '@parley/shared/protocol';
import type { Bus } from '../cluster/bus.ts';
import type { BusMessageOf } from '../cluster/messages.ts';

/** For whom an event is. */
export type AppEventTarget = BusMessageOf<'appEvent'>['to'];

/** Who is connected to this node. */
export interface AppEventAudience {
  announce(name: 'app:event', event: AppEvent): void;
  tellRoom(roomId: string, event: AppEvent): void;
  tellUser(userId: string, event: AppEvent): void;
}

/** Carries the integrator's own events to people, on whichever node they are: once, and to nobody who is away. */
export class AppEvents {
  #bus: Bus;

  constructor({ bus, audience }: { bus: Bus; audience: AppEventAudience }) {
    this.#bus = bus;
    bus.on('appEvent', ({ to, event }) => {
      if (to.kind === 'user') audience.tellUser(to.userId, event);
      else if (to.kind === 'room') audience.tellRoom(to.roomId, event);
      else audience.announce('app:event', event);
    });
  }

  send(to: AppEventTarget, event: AppEvent): void {
    this.#bus.publish({ type: 'appEvent', to, event });
  }
}
