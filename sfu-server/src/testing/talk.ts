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
  const pace = new Pace(0);
  const timer = setInterval(() => {
    for (let due = pace.due(); due > 0; due--) frame();
  }, FRAME_MS / 2);
  t.after(() => clearInterval(timer));
}

class Pace {
  #next: number;

  /** `phase`: a part of a frame, so that not all begin at once. */
  constructor(phase: number) {
    this.#next = performance.now() + phase * FRAME_MS;
  }

  /** Frames to be sent since it was asked last. */
  due(): number {
    const late = Math.min(performance.now() - this.#next, LATE_MAX * FRAME_MS);
    if (late < 0) return 0;
    const frames = Math.floor(late / FRAME_MS) + 1;
    this.#next = performance.now() - late + frames * FRAME_MS;
    return frames;
  }
}

interface Talker {
  readonly producer: DirectProducer;
  readonly ssrc: number;
  readonly pace: Pace;
  sequence: number;
  dBov: number;
}

/** Microphones in a room without clients: their packets come from this process, 50 a second each while they talk. */
export class Talk {
  readonly #room: Room;
  readonly #talkers = new Map<string, Talker>();
  constructor(t: Pick<TestContext, 'after'>, room: Room) {
    this.#room = room;
    const timer = setInterval(() => this.#say(), 1);
    t.after(() => clearInterval(timer));
  }

  /** These peers open their microphones at home, all silent (-127 dBov). */
  async open(...peerIds: string[]): Promise<void> {
    const { home, directory } = this.#room;
    const direct = await home.router.createDirect();
    for (const [i, peerId] of peerIds.entries()) {
      // A sequence about to wrap.
      const [ssrc, sequence] = [0x1000 + this.#talkers.size, 0xffff - 20];
      const producer = await direct.produce({ rtpParameters: opusRtp(ssrc, { headerExtensions: [AUDIO_LEVEL] }) });
      this.#talkers.set(peerId, { producer, ssrc, pace: new Pace(i / peerIds.length), sequence, dBov: -127 });
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
      for (let due = talker.pace.due(); due > 0; due--) {
        const sequence = talker.sequence++;
        const payload = Buffer.from(`${peerId} ${sequence}`);
        producer.send(rtpPacket({ ssrc, payloadType: PAYLOAD_TYPE, sequence, dBov, payload }));
      }
    }
  }
}
