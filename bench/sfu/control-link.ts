import {
  CONTROL_NAMESPACE,
  type ControlInput,
  type ControlOutput,
  type ControlRequestName,
  LinkCaller,
} from '@parley/shared/control';
import { io, type Socket } from 'socket.io-client';

const DEADLINE_MS = 20_000;

/** Signaling's end of an SFU server's control link. */
export class ControlLink {
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  static async open(port: number, secret: string): Promise<ControlLink> {
    const caller = new LinkCaller({ namespace: CONTROL_NAMESPACE, nodeId: 'bench', instanceId: 'bench', secret });
    const socket = io(`http://127.0.0.1:${port}${CONTROL_NAMESPACE}`, {
      transports: ['websocket'],
      reconnection: false,
      auth: caller.handshake(),
    });
    socket.on('link:challenge', (challenge, answer) => answer(caller.answer(challenge)));
    await new Promise<void>((resolve, reject) => {
      socket.once('link:proof', () => resolve());
      socket.once('connect_error', reject);
    });
    return new ControlLink(socket);
  }

  /** @throws {Error} with the code of the refusal */
  async request<R extends ControlRequestName>(name: R, input: ControlInput<R>): Promise<ControlOutput<R>> {
    const answer = await this.#socket.timeout(DEADLINE_MS).emitWithAck(name, input);
    if (!answer.ok) throw new Error(`${name}: ${answer.error.code}: ${answer.error.message}`);
    return answer.data;
  }

  close(): void {
    this.#socket.close();
  }
}
