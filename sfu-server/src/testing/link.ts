import {
  CONTROL_EVENTS,
  CONTROL_NAMESPACE,
  CONTROL_REQUESTS,
  type ControlEvent,
  type ControlEventName,
  type ControlInput,
  type ControlOutput,
  type ControlRequestName,
  LinkCaller,
} from '@parley/shared/control';
import { type Ack, ParleyError, parse } from '@parley/shared/protocol';
import { io, type Socket } from 'socket.io-client';
import { PATIENCE_MS, until } from './until.ts';

export interface LinkOptions {
  port: number;
  nodeId?: string;
  instanceId?: string;
  secret: string;
}

/** Signaling's end of a control link, for tests. What it receives is held against the contract. */
export class ControlLink {
  readonly socket: Socket;
  readonly events: { name: ControlEventName; event: unknown }[] = [];

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.onAny((name: ControlEventName, event: unknown) => {
      if (!Object.hasOwn(CONTROL_EVENTS, name)) return;
      this.events.push({ name, event: parse(CONTROL_EVENTS[name], event) });
    });
  }

  /** @throws {ParleyError} `unauthorized` when the node hangs up, or does not prove itself */
  static async open(options: LinkOptions): Promise<ControlLink> {
    const { port, nodeId = 'signaling-1', instanceId = '', secret } = options;
    const caller = new LinkCaller({ namespace: CONTROL_NAMESPACE, nodeId, instanceId, secret });
    const socket = io(`http://127.0.0.1:${port}${CONTROL_NAMESPACE}`, {
      transports: ['websocket'],
      reconnection: false,
      forceNew: true,
      auth: caller.handshake(),
    });
    const link = new ControlLink(socket);
    socket.on('link:challenge', (challenge, answer) => answer(caller.answer(challenge)));
    await new Promise<void>((resolve, reject) => {
      const refused = () => reject(new ParleyError('unauthorized'));
      socket.once('link:proof', (proof) => (caller.verify(proof) ? resolve() : refused()));
      socket.once('disconnect', refused);
      socket.once('connect_error', reject);
    })
      .catch((error: unknown) => {
        socket.close();
        throw error;
      })
      .finally(() => socket.off('disconnect').off('connect_error'));
    return link;
  }

  /** Sends a request as the contract has it, and holds the answer against the contract. */
  async request<R extends ControlRequestName>(name: R, input: ControlInput<R>): Promise<ControlOutput<R>> {
    const data = await this.raw(name, input);
    return parse(CONTROL_REQUESTS[name].output, data) as ControlOutput<R>;
  }

  /** Sends anything. @throws {ParleyError} the refusal. */
  async raw(name: string, ...args: unknown[]): Promise<unknown> {
    const answer = (await this.socket.timeout(PATIENCE_MS).emitWithAck(name, ...args)) as Ack<unknown>;
    if (answer.ok) return answer.data;
    throw ParleyError.fromWire(answer.error);
  }

  /** The first event of that name that matches, past or to come. */
  event<E extends ControlEventName>(
    name: E,
    matches: (event: ControlEvent<E>) => boolean = () => true,
  ): Promise<ControlEvent<E>> {
    return until(`event ${name}`, () =>
      this.events
        .filter((one) => one.name === name)
        .map((one) => one.event as ControlEvent<E>)
        .find(matches),
    );
  }

  close(): void {
    this.socket.close();
  }
}
