import { setTimeout as pause } from 'node:timers/promises';
import { ServerProcess } from '../../scripts/server-process.mjs';
import { ControlLink } from './control-link.ts';
import { dtlsOf, type Forwarder, opusRtp, remoteOf } from './side.ts';
import { cpuOf, rssOf, sum } from './usage.ts';

const SECRET = 'a-secret-of-the-bench-of-the-sfu';
const SFU_ROOM = { sfuRoomId: 'bench' };
const CAPACITY = 10_000;
const SLOTS_MS = 10_000;

/** Our SFU server in processes of its own, driven over its control link as signaling drives it, with one room. */
export class Parley implements Forwarder {
  readonly name = 'parley';
  readonly #server: ServerProcess;
  readonly #workers = new Map<number, number>();
  readonly #producers: string[] = [];
  #link: ControlLink | undefined;
  #slots: string[] = [];
  #peers = 0;

  private constructor(settings: Record<string, string>) {
    this.#server = new ServerProcess({
      name: 'sfu-server',
      entry: 'sfu-server/src/main.ts',
      env: {
        HOST: '127.0.0.1',
        PORT: '0',
        RTC_PORT: '0',
        RTC_LISTEN_IPS: '127.0.0.1',
        CONTROL_SECRET: SECRET,
        CAPACITY: String(CAPACITY),
        WORKERS: '1',
        REDIS_URL: undefined,
        ...settings,
      },
      onLog: ({ message, worker, pid, ...entry }) => {
        if (message === 'worker started') this.#workers.set(Number(worker), Number(pid));
        else if (entry.level !== 'info') console.error(`sfu-server: ${message} ${JSON.stringify(entry)}`);
      },
    });
  }

  static async start(settings: Record<string, string> = {}): Promise<Parley> {
    const parley = new Parley(settings);
    parley.#link = await ControlLink.open(await parley.#server.listening, SECRET);
    await parley.#link.request('room:open', SFU_ROOM);
    return parley;
  }

  async openSpeaker(local: Parameters<Forwarder['openSpeaker']>[0], ssrc: number) {
    const of = this.#nextPeer();
    const { send } = await this.#control.request('peer:open', of);
    await this.#control.request('peer:connect', { ...of, transportId: send.id, dtlsParameters: dtlsOf(local) });
    const input = { ...of, transportId: send.id, rtpParameters: opusRtp(ssrc), paused: false };
    this.#producers.push((await this.#control.request('peer:produce', input)).producerId);
    return remoteOf(send);
  }

  async openListener(local: Parameters<Forwarder['openListener']>[0]) {
    const of = this.#nextPeer();
    const { receive, routerRtpCapabilities: rtpCapabilities } = await this.#control.request('peer:open', of);
    await this.#control.request('peer:connect', { ...of, transportId: receive.id, dtlsParameters: dtlsOf(local) });
    const producerIds = this.#slots.length > 0 ? this.#slots : this.#producers;
    const { consumers } = await this.#control.request('peer:consume', { ...of, producerIds, rtpCapabilities });
    const consumerIds = consumers.map(({ consumerId }) => consumerId);
    await this.#control.request('peer:resumeConsumers', { ...of, consumerIds });
    return remoteOf(receive);
  }

  /** Waits until the room forwards by slots; who comes from then on consumes them. */
  async expectSlots(): Promise<void> {
    for (const end = performance.now() + SLOTS_MS; this.#slots.length === 0; await pause(50)) {
      this.#slots = (await this.#control.request('room:open', SFU_ROOM)).forwarding.slots;
      if (performance.now() > end) throw new Error('the room has no slots');
    }
  }

  cpu() {
    const forwarding = sum([...this.#workers.values()].map(cpuOf));
    return { forwarding, all: forwarding + cpuOf(this.#pid) };
  }

  rss(): number {
    return sum([this.#pid, ...this.#workers.values()].map(rssOf));
  }

  async close(): Promise<void> {
    this.#link?.close();
    this.#server.kill();
    await this.#server.exited;
  }

  #nextPeer() {
    this.#peers += 1;
    return { ...SFU_ROOM, peerId: `peer-${this.#peers}` };
  }

  get #control(): ControlLink {
    if (!this.#link) throw new Error('there is no control link yet');
    return this.#link;
  }

  get #pid(): number {
    return this.#server.pid as number;
  }
}
