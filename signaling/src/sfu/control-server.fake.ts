import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import {
  CONTROL_NAMESPACE,
  ControlHandshakeSchema,
  isProof,
  type LinkTerms,
  type NodeState,
  proofOf,
} from '@parley/shared/control';
import { type Ack, parse } from '@parley/shared/protocol';
import { randomId } from '@parley/shared/runtime';
import { type Namespace, Server } from 'socket.io';

type Handler = (input: unknown) => Ack<unknown> | undefined;

/** The other end of a control link, on a real socket. */
export class FakeControlServer {
  readonly asked: { name: string; input: unknown }[] = [];
  readonly auths: unknown[] = [];
  /** Answers by request; undefined leaves the request unanswered. Default: `{}`. */
  readonly handlers = new Map<string, Handler>();
  state: NodeState;
  secret = 'secret';
  /** Takes anyone for signaling. */
  isLiar = false;
  /** Takes new connections and says nothing on them, like a machine that is gone. */
  isHung = false;
  /** Connections that were asked for. */
  calls = 0;
  readonly #hung = new Set<Socket>();
  #http: HttpServer | undefined;
  #io: Server | undefined;
  #port = 0;

  constructor(nodeId: string) {
    this.state = {
      nodeId,
      url: '',
      region: '',
      capacity: 100,
      workers: 1,
      rooms: 0,
      peers: 0,
      load: 0,
      cpu: 0,
      draining: false,
    };
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Listens: on the port it had before, if it had one. */
  async start(): Promise<void> {
    this.#http = createServer();
    this.#io = new Server(this.#http, {
      transports: ['websocket'],
      serveClient: false,
      allowRequest: (request, decide) => {
        this.calls++;
        if (this.isHung) this.#hung.add(request.socket);
        else decide(null, true);
      },
    });
    const control = this.#io.of(CONTROL_NAMESPACE);
    control.on('connection', async (socket) => {
      const handshake = parse(ControlHandshakeSchema, socket.handshake.auth);
      this.auths.push(handshake);
      const terms: LinkTerms = { ...handshake, namespace: CONTROL_NAMESPACE, challenge: randomId() };
      const { challenge } = terms;
      const { proof } = await socket.emitWithAck('link:challenge', { challenge });
      if (!this.isLiar && !isProof(proof, 'caller', this.secret, terms)) return socket.disconnect(true);
      socket.emit('link:proof', { proof: proofOf('called', this.secret, terms) });
      void socket.join('proven');
      socket.emit('node:state', this.state);
      socket.onAny((name: string, input: unknown, ack: (answer: Ack<unknown>) => void) => {
        this.asked.push({ name, input });
        const handler = this.handlers.get(name);
        const answer = handler ? handler(input) : { ok: true as const, data: {} };
        if (answer) ack(answer);
      });
    });
    await new Promise<void>((resolve) => this.#http?.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (this.#http.address() as AddressInfo).port;
  }

  /** As when the process ends. */
  async stop(): Promise<void> {
    for (const socket of this.#hung) socket.destroy();
    this.#http?.closeAllConnections();
    await this.#io?.close();
    this.#io = undefined;
  }

  /** Whether somebody is linked, both ends having proven themselves. */
  get isProven(): boolean {
    return (this.#io?.of(CONTROL_NAMESPACE).adapter.rooms.get('proven')?.size ?? 0) > 0;
  }

  emit(name: string, event: unknown): void {
    const control: Namespace | undefined = this.#io?.of(CONTROL_NAMESPACE);
    control?.to('proven').emit(name, event);
  }

  /** Ends the links, not the server. */
  drop(): void {
    for (const socket of this.#io?.of(CONTROL_NAMESPACE).sockets.values() ?? []) socket.conn.close();
  }
}
