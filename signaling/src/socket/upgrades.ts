import type { Server as HttpServer, IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { ParleyError } from '@parley/shared/protocol';
import type { Logger } from '@parley/shared/runtime';
import type { ClientAddresses, ConnectGate } from '../limits/index.ts';
import type { OriginPolicy } from './origin.ts';
import { refuseUpgrade, refuseWithStatus } from './refusal.ts';

type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** Set by a balancer that goes to another node when one answers 503; without it the client is told why, and comes again. */
const BALANCER_HEADER = 'parley-balancer';

interface GuardOptions {
  origins: OriginPolicy;
  gate: ConnectGate;
  /** Whether this node lets anyone in. */
  isTaking: () => boolean;
  addresses: ClientAddresses;
  logger: Logger;
}

/** Stands before the listeners that `http` has: only what the origins and the gate let pass gets to them. */
export function guardUpgrades(http: HttpServer, options: GuardOptions): void {
  const { origins, gate, isTaking, addresses, logger } = options;
  const listeners = http.listeners('upgrade') as UpgradeListener[];
  http.removeAllListeners('upgrade');
  http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // Engine.IO would answer 400; what is meant is 403, before any of its code runs.
    if (!origins.allows(request)) return refuseWithStatus(socket, '403 Forbidden');
    if (!isTaking() && request.headers[BALANCER_HEADER] !== undefined) {
      return refuseWithStatus(socket, '503 Service Unavailable');
    }
    const ignore = () => {};
    socket.on('error', ignore);
    void gate
      .enter(addresses.keyOf(request))
      .then((leave) => {
        if (socket.destroyed) return leave();
        socket.once('close', leave);
        socket.off('error', ignore);
        for (const listener of listeners) listener.call(http, request, socket, head);
      })
      .catch((error: unknown) => {
        const refusal = error instanceof ParleyError ? error : new ParleyError('internal', undefined, { cause: error });
        if (refusal.code === 'internal') logger.error('upgrade failed', { error });
        refuseUpgrade(request, socket, refusal.toWire());
      });
  });
}
