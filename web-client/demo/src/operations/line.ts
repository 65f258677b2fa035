import {
  OPERATIONS_NAMESPACE,
  type OperationsEvents,
  type OperationsInput,
  type OperationsRequestName,
  type OperationsRequests,
  type ViewChange,
} from '@parley/shared/operations';
import { io, type Socket } from 'socket.io-client';
import type { Refusal } from './words.ts';

export interface LineEvents {
  up: () => void;
  down: () => void;
  /** It is over: the server will not have us. */
  refused: (refusal: Refusal) => void;
  view: (at: number, change: ViewChange) => void;
}

/** A connection to the server that comes back by itself. */
export interface Line {
  /** @throws {Refusal} */
  ask<R extends OperationsRequestName>(name: R, input: OperationsInput<R>): Promise<void>;
  close(): void;
}

const ASK_DEADLINE_MS = 10_000;
const CONNECT_DEADLINE_MS = 5_000;
const AGAIN_MS = 2_000;
/** With these the server will say no the next time as well. */
const FINAL = new Set(['unauthorized', 'unknown_request', 'invalid_request']);

/** To the server this page came from. */
export function openLine(key: string, events: LineEvents): Line {
  const socket: Socket<OperationsEvents, OperationsRequests> = io(OPERATIONS_NAMESPACE, {
    transports: ['websocket'],
    auth: { key },
    timeout: CONNECT_DEADLINE_MS,
    reconnectionDelayMax: 5_000,
  });
  let wasUp = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const again = (ms: number) => {
    timer = setTimeout(() => socket.connect(), ms);
  };
  socket.on('connect', () => {
    wasUp = true;
    events.up();
  });
  socket.on('disconnect', () => {
    events.down();
    // Hung up on by the server, Socket.IO would leave it at that.
    if (!socket.active) again(AGAIN_MS);
  });
  socket.on('connect_error', (error: Error & { data?: Refusal }) => {
    const refusal = error.data;
    if (!wasUp || (refusal && FINAL.has(refusal.code))) events.refused(refusal ?? { code: 'connection_lost' });
    else if (!socket.active) again(refusal?.retryAfterMs ?? AGAIN_MS);
  });
  socket.on('view', ({ at, change }) => events.view(at, change));
  return {
    async ask(name, input) {
      const refused: Refusal = { code: socket.connected ? 'timeout' : 'connection_lost' };
      if (!socket.connected) throw refused;
      const asking = socket.timeout(ASK_DEADLINE_MS) as Socket;
      const answer = await asking.emitWithAck(name, input).catch(() => ({ ok: false, error: refused }));
      if (!answer.ok) throw answer.error;
    },
    close() {
      clearTimeout(timer);
      socket.disconnect();
    },
  };
}
