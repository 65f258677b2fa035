import type { IceGrant } from '@parley/shared/protocol';
import type { Clock } from '@parley/shared/runtime';
import type { IceSettings, TurnRegion } from './configuration.ts';
import { turnCredentials } from './credentials.ts';

export interface IceServersOptions {
  settings: IceSettings;
  /** Where this node is: for clients that do not say where they are. */
  region: string;
  clock: Clock;
}

/** What helps clients to reach others: STUN and TURN servers near them, with credentials of their own. */
export class IceServers {
  readonly #options: IceServersOptions;

  constructor(options: IceServersOptions) {
    this.#options = options;
  }

  /** For one user; `region` is where they say they are. */
  issue({ user, region }: { user: { readonly id: string }; region: string | undefined }): IceGrant {
    const { settings, clock, region: own } = this.#options;
    const { servers, turn } = settings;
    const near = turn && nearest(turn.regions, region || own);
    if (!turn || !near) return { iceServers: [...servers], iceExpiresInMs: null };
    const credentials = turnCredentials(turn.secret, user.id, clock.now() + turn.lifetimeMs);
    return { iceServers: [...servers, { urls: [...near.urls], ...credentials }], iceExpiresInMs: turn.lifetimeMs };
  }
}

/** Those of the region, else those of none, else the first: each one more is one more to allocate at for every client. */
function nearest(regions: readonly TurnRegion[], wanted: string): TurnRegion | undefined {
  const named = (name: string) => regions.find(({ region }) => region === name);
  return named(wanted) ?? named('') ?? regions[0];
}
