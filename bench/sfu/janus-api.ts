import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { WebSocket } from 'ws';

/** An answer or an event of Janus, as far as it matters here. */
export interface JanusMessage {
  readonly janus: string;
  readonly transaction?: string;
  readonly data?: { readonly id: number };
  readonly error?: { readonly code: number; readonly reason: string };
  readonly plugindata?: { readonly data: Record<string, unknown> };
  readonly jsep?: { readonly type: 'offer' | 'answer'; readonly sdp: string };
}

const DEADLINE_MS = 20_000;
const RETRY_MS = 50;

/** Janus's WebSocket API: https://janus.conf.meetecho.com/docs/rest.html#WS */
export class JanusApi {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<string, PromiseWithResolvers<JanusMessage>>();
  #session: number | undefined;
  #transactions = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (text: Buffer) => this.#take(JSON.parse(text.toString())));
  }

  /** Connects as soon as Janus listens. */
  static async open(port: number): Promise<JanusApi> {
    for (const end = performance.now() + DEADLINE_MS; ; await pause(RETRY_MS)) {
      const socket = new WebSocket(`ws://127.0.0.1:${port}`, 'janus-protocol');
      try {
        await once(socket, 'open');
        const api = new JanusApi(socket);
        api.#session = (await api.#ask({ janus: 'create' })).data?.id;
        return api;
      } catch (error) {
        if (performance.now() > end) throw error;
      }
    }
  }

  /** @returns the handle's id */
  async attach(plugin: string): Promise<number> {
    return (await this.#ask({ janus: 'attach', plugin })).data?.id as number;
  }

  /** Sends a request to a handle's plugin; what it answers in the end, not the `ack` before. */
  message(handle: number, body: object, jsep?: { type: 'offer' | 'answer'; sdp: string }): Promise<JanusMessage> {
    return this.#ask({ janus: 'message', handle_id: handle, body, ...(jsep && { jsep }) });
  }

  close(): void {
    this.#socket.terminate();
  }

  #ask(request: object): Promise<JanusMessage> {
    this.#transactions += 1;
    const transaction = String(this.#transactions);
    const waiting = Promise.withResolvers<JanusMessage>();
    this.#waiting.set(transaction, waiting);
    const session = this.#session === undefined ? {} : { session_id: this.#session };
    this.#socket.send(JSON.stringify({ ...request, ...session, transaction }));
    const late = setTimeout(
      () => waiting.reject(new Error(`Janus did not answer ${JSON.stringify(request)}`)),
      DEADLINE_MS,
    );
    return waiting.promise.finally(() => {
      clearTimeout(late);
      this.#waiting.delete(transaction);
    });
  }

  #take(message: JanusMessage): void {
    if (message.janus === 'ack') return;
    const waiting = this.#waiting.get(message.transaction ?? '');
    const refusal = message.error?.reason ?? message.plugindata?.data.error;
    if (refusal === undefined) waiting?.resolve(message);
    else waiting?.reject(new Error(`Janus refused: ${refusal}`));
  }
}
