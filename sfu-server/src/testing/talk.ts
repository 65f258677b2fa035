import type { TestContext } from 'node:test';
import type { DirectProducer } from '../media/ports.ts';
import type { Room } from '../rooms/room.ts';
import { opusRtp, PAYLOAD_TYPE } from './media.ts';
import { rtpPacket } from './rtp.ts';

/** As `rtpPacket` writes it. */
export const AUDIO_LEVEL = { uri: 'urn:ietf:params:rtp-hdrext:ssrc-audio-level', id: 1 };
/** Milliseconds between two packets of Opus. */
const FRAME_MS = 20;
/** Frames made up for at most when this process was kept from sending them. */
const LATE_MAX = 50;

/** Calls `frame` 50 times a second: as often as that on a machine that is late, too, if in bunches. */
export function everyFrame(t: Pick<TestContext, 'after'>, frame: () => void): void {
  let next = performance.now();
  const timer = setInterval(() => {
    next = Math.max(next, performance.now() - LATE_MAX * FRAME_MS);
    for (; next <= performance.now(); next += FRAME_MS) frame();
  }, FRAME_MS / 2);
  t.after(() => clearInterval(timer));
}

/** Microphones in a room without clients: their packets come from this process, 50 a second each while they talk. */
export class Talk {
  readonly #room: Room;
  readonly #talkers = new Map<string, { producer: DirectProducer; ssrc: number; sequence: number; dBov: number }>();
  /** What the next packet of a peer carries. */
  payloadOf = (peerId: string, sequence: number): Buffer => Buffer.from(`${peerId} ${sequence}`);

  constructor(t: Pick<TestContext, 'after'>, room: Room) {
    this.#room = room;
    everyFrame(t, () => this.#say());
  }

  /** These peers open their microphones at home, all silent (-127 dBov). */
  async open(...peerIds: string[]): Promise<void> {
    const { home, directory } = this.#room;
    const direct = await home.router.createDirect();
    for (const peerId of peerIds) {
      // A sequence about to wrap.
      const [ssrc, sequence] = [0x1000 + this.#talkers.size, 0xffff - 20];
      const producer = await direct.produce({ rtpParameters: opusRtp(ssrc, { headerExtensions: [AUDIO_LEVEL] }) });
      this.#talkers.set(peerId, { producer, ssrc, sequence, dBov: -127 });
      directory.add({ id: producer.id, peerId, origin: home, paused: false });
    }
  }

  /** They talk that loud from now on, in dBov; the others are as loud as they were. */
  set(levels: Record<string, number>): void {
    for (const [peerId, dBov] of Object.entries(levels)) {
      const talker = this.#talkers.get(peerId);
      if (talker) talker.dBov = dBov;
    }
  }

  close(...peerIds: string[]): void {
    for (const peerId of peerIds) {
      const producer = this.#talkers.get(peerId)?.producer;
      this.#talkers.delete(peerId);
      producer?.close();
      if (producer) this.#room.directory.remove(producer.id);
    }
  }

  #say(): void {
    for (const [peerId, talker] of this.#talkers) {
      const { producer, ssrc, dBov } = talker;
      const sequence = talker.sequence++;
      producer.send(
        rtpPacket({ ssrc, payloadType: PAYLOAD_TYPE, sequence, dBov, payload: this.payloadOf(peerId, sequence) }),
      );
    }
  }
}
