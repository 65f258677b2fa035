import {
  OPERATIONS_REQUESTS,
  type OperationsEvents,
  type OperationsRequestName,
  type OperationsRequests,
  OperatorHandshakeSchema,
} from '@parley/shared/operations';
import { type Ack, ParleyError, parse } from '@parley/shared/protocol';
import { type Clock, type Logger, withDeadline } from '@parley/shared/runtime';
import type { DefaultEventsMap, Namespace, Socket } from 'socket.io';
import { asParleyError } from '../failure.ts';
import type { AdminKey } from '../http/admin/key.ts';
import type { AdminServices } from '../http/admin/route.ts';
import type { ClientAddresses } from '../limits/index.ts';
import { RefusedHandshake } from '../socket/handshake.ts';
import { dropHandshakeOf } from '../socket/leftovers.ts';
import { ACTIONS, type ActionName } from './actions.ts';
import type { Watch } from './sight.ts';
import type { Onlooker, Watchers } from './watchers.ts';

/** More operators at once than that, on one node, are turned away. */
const OPERATORS_MAX = 20;

export type OperationsNamespace = Namespace<OperationsRequests, OperationsEvents, DefaultEventsMap, unknown>;
type OperatorSocket = Socket<OperationsRequests, OperationsEvents, DefaultEventsMap, unknown>;

export interface ReceptionOptions {
  key: AdminKey;
  services: AdminServices;
  watchers: Watchers;
  addresses: ClientAddresses;
  /** Whether this node lets anyone in. */
  isTaking: () => boolean;
  deadlineMs: number;
  clock: Clock;
  logger: Logger;
  /** An operator was answered, or (null) turned away: ok, or with the code of an error. */
  onAnswer: (route: string | null, code: string) => void;
}

/** Lets operators in who show the key, and answers them. */
export class Reception {
  readonly #options: ReceptionOptions;
  #present = 0;

  constructor(options: ReceptionOptions) {
    this.#options = options;
  }

  open(namespace: OperationsNamespace): void {
    namespace.use((socket, next) => {
      this.#admit(socket).then(
        () => next(),
        (error: unknown) => {
          const failure = this.#failureOf(error, 'handshake');
          this.#options.onAnswer(null, failure.code);
          next(new RefusedHandshake(failure));
        },
      );
    });
    namespace.on('connection', (socket) => this.#welcome(socket));
  }

  async #admit(socket: OperatorSocket): Promise<void> {
    const { key, addresses, isTaking } = this.#options;
    const { auth } = socket.handshake;
    // Nobody needs it any more, and it opens everything.
    socket.handshake.auth = {};
    // Gone once a client has come by the same connection.
    if (!socket.request) throw new ParleyError('invalid_request', 'Operators need a connection of their own.');
    const shown = key.isSet ? parse(OperatorHandshakeSchema, auth).key : '';
    await key.check(shown, addresses.keyOf(socket.request));
    if (!isTaking()) throw new ParleyError('server_shutdown');
    if (this.#present >= OPERATORS_MAX) throw new ParleyError('server_full', 'Too many operators look on here.');
  }

  #welcome(socket: OperatorSocket): void {
    const { watchers, logger } = this.#options;
    this.#present++;
    dropHandshakeOf(socket);
    logger.info('operator came', { operators: this.#present });
    const onlooker: Onlooker = {
      get isGone() {
        return !socket.connected;
      },
      get backlog() {
        return (socket.conn as unknown as { writeBuffer: unknown[] }).writeBuffer.length;
      },
      tell: (event) => socket.emit('view', event),
    };
    socket.onAny((name: unknown, ...args: unknown[]) => void this.#handle(onlooker, name, args));
    socket.on('disconnect', () => {
      this.#present--;
      watchers.leave(onlooker);
      socket.conn.close();
    });
  }

  async #handle(onlooker: Onlooker, name: unknown, args: unknown[]): Promise<void> {
    const ack = args.at(-1);
    if (typeof ack !== 'function') return;
    const answer = await this.#answer(onlooker, name, args.length === 2 ? args[0] : undefined);
    ack(answer);
  }

  async #answer(onlooker: Onlooker, name: unknown, input: unknown): Promise<Ack<object>> {
    const { key, onAnswer } = this.#options;
    const request = isOperationsRequest(name) ? name : null;
    const route = request === null || request === 'watch' ? null : ACTIONS[request].route;
    try {
      await key.admit();
      if (request === null) throw new ParleyError('unknown_request');
      if (request === 'watch') this.#watch(onlooker, parse(OPERATIONS_REQUESTS.watch.input, input));
      else await this.#act(request, input);
      if (route !== null) onAnswer(route, 'ok');
      return { ok: true, data: {} };
    } catch (error) {
      const failure = this.#failureOf(error, request ?? 'unknown');
      onAnswer(route, failure.code);
      return { ok: false, error: failure.toWire() };
    }
  }

  #watch(onlooker: Onlooker, watch: Watch): void {
    this.#options.watchers.watch(onlooker, watch);
  }

  async #act<R extends ActionName>(name: R, input: unknown): Promise<void> {
    const { services, deadlineMs, clock, logger } = this.#options;
    const { route, handle, asked } = ACTIONS[name];
    const wanted = asked(parse(OPERATIONS_REQUESTS[name].input, input) as Parameters<typeof asked>[0]);
    const doing = handle({ ...services, ...wanted, query: new URLSearchParams() });
    await withDeadline(doing, deadlineMs, name, clock);
    logger.info('admin request', { method: 'POST', route });
  }

  #failureOf(error: unknown, request: string): ParleyError {
    const failure = asParleyError(error);
    if (failure.code === 'internal') this.#options.logger.error('operator not answered', { request, error });
    return failure;
  }
}

function isOperationsRequest(name: unknown): name is OperationsRequestName {
  return typeof name === 'string' && Object.hasOwn(OPERATIONS_REQUESTS, name);
}
