import { FaultyLink } from '../../../scripts/faulty-link.mjs';
import { freePort } from '../../../scripts/ports.mjs';
import { Datagrams } from './datagrams.ts';
import type { PlatformOptions } from './platform.ts';
import { play, type Scene } from './scene.ts';

/** Where the SFU really listens; it tells browsers 127.0.0.1, where the bad network begins. */
const SFU_HOST = '127.0.0.2';

/** All that is between browsers and the servers: media by UDP and by TCP, and signaling. */
export class BadNetwork {
  readonly udp: Datagrams;
  readonly tcp: FaultyLink;
  readonly #port: number;
  #signaling: FaultyLink | undefined;

  private constructor(port: number, udp: Datagrams, tcp: FaultyLink) {
    this.#port = port;
    this.udp = udp;
    this.tcp = tcp;
  }

  static async open(): Promise<BadNetwork> {
    const port = await freePort();
    const tcp = await FaultyLink.to(port, { targetHost: SFU_HOST, port });
    return new BadNetwork(port, await Datagrams.between(port, SFU_HOST), tcp);
  }

  /** Settings of the SFU server that lie behind it. */
  get sfuServer(): Record<string, string | number> {
    return { WORKERS: 1, RTC_PORT: this.#port, RTC_LISTEN_IPS: SFU_HOST, RTC_ANNOUNCED_ADDRESS: '127.0.0.1' };
  }

  /** Signaling as it is reached through it. */
  async urlOf({ platform }: Scene): Promise<string> {
    this.#signaling ??= await FaultyLink.to(Number(new URL(platform.url).port));
    return `http://127.0.0.1:${this.#signaling.port}`;
  }

  /** Nothing passes any more, and nobody is told. */
  cut({ signaling = false } = {}): void {
    this.udp.isBlocked = true;
    this.tcp.swallow();
    if (signaling) this.#signaling?.swallow();
  }

  /** Connections to signaling break, and cannot be made. */
  cutSignaling(): void {
    this.#signaling?.cut();
  }

  mend(): void {
    this.udp.isBlocked = false;
    this.tcp.mend();
    this.#signaling?.mend();
  }

  async close(): Promise<void> {
    await Promise.all([this.udp.close(), this.tcp.close(), this.#signaling?.close()]);
  }
}

/** As `play`, with a network that can be made bad between the people and the servers. */
export async function playApart(
  options: PlatformOptions,
  act: (scene: Scene, network: BadNetwork) => Promise<void>,
): Promise<void> {
  const network = await BadNetwork.open();
  try {
    await play({ ...options, sfuServer: { ...network.sfuServer, ...options.sfuServer } }, (scene) =>
      act(scene, network),
    );
  } finally {
    await network.close();
  }
}
