import { csrcOf } from '@parley/shared/media';
import { type Clock, type Logger, withDeadline } from '@parley/shared/runtime';
import type { DirectProducer, MediaConsumer } from '../media/ports.ts';
import type { Directs } from './directs.ts';
import type { Microphone, StageRoom } from './microphone.ts';
import type { SlotWriter } from './slot-writer.ts';

/** How long a speaker's packets wait for his own slot to be withheld from him, in milliseconds. */
const WITHHOLD_MS = 50;
export const AUDIO_LEVEL = 'urn:ietf:params:rtp-hdrext:ssrc-audio-level';

export interface SlotOptions {
  producer: DirectProducer;
  writer: SlotWriter;
  room: StageRoom;
  directs: Directs;
  clock: Clock;
  log: Logger;
}

/** A microphone whose packets come to this process. */
interface Tap {
  readonly microphone: Microphone;
  readonly consumer: MediaConsumer;
  /** Lets go of the microphone where it was brought from another node. */
  readonly release: () => void;
  /** Whether its packets go into the slot. */
  on: boolean;
}

/**
 * One speaker slot: a producer on the home router, and whose packets go into it. A new speaker's begin when they are
 * there to be had; until then the one before him keeps it.
 */
export class Slot {
  readonly #options: SlotOptions;
  #wanted: Microphone | undefined;
  #tap: Tap | undefined;
  /** The handing over that is under way; another begun meanwhile is the one that counts. */
  #handing: object | undefined;
  #closed = false;

  constructor(options: SlotOptions) {
    this.#options = options;
  }

  /** The slot's producer. */
  get id(): string {
    return this.#options.producer.id;
  }

  get closed(): boolean {
    return this.#options.producer.closed;
  }

  /** Whose packets go into it now. */
  get peerId(): string | undefined {
    return this.#tap?.microphone.peerId;
  }

  /** That peer has another slot: what of him is in this one yet is no longer. */
  leave(peerId: string): void {
    if (this.peerId === peerId) this.#drop();
  }

  /** Hands the slot to a microphone, or to nobody. Asked again for the same it does what is still to be done, if anything. */
  hand(microphone: Microphone | undefined): void {
    if (this.#closed) return;
    if (microphone?.producerId === this.#wanted?.producerId && (this.#handing || this.#hasWanted)) return;
    this.#giveUp();
    this.#wanted = microphone;
    // It may be back with whoever has it still.
    if (this.#hasWanted) return;
    if (microphone) void this.#take(microphone);
    else this.#drop();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#handing = undefined;
    if (this.#tap) close(this.#tap);
    this.#tap = undefined;
    // With it go its consumers: there is nothing to give back.
    this.#options.producer.close();
  }

  /** Whether whose packets go into it is who is to have it. */
  get #hasWanted(): boolean {
    if (!this.#tap || !this.#wanted) return this.#tap === this.#wanted;
    return this.#tap.microphone.producerId === this.#wanted.producerId && !this.#tap.consumer.closed;
  }

  async #take(microphone: Microphone): Promise<void> {
    const { room, clock, log } = this.#options;
    const handing = {};
    this.#handing = handing;
    const isOver = () => this.#handing !== handing;
    try {
      const tap = await this.#open(microphone);
      if (isOver()) return close(tap);
      const withheld = room.withhold(microphone.peerId, this.id, true);
      await withDeadline(withheld, WITHHOLD_MS, 'withholding his slot from a speaker', clock).catch(
        (error: unknown) => {
          log.debug('a speaker may hear himself', { peer: microphone.peerId, error });
        },
      );
      if (isOver()) return close(tap);
      this.#begin(tap);
    } catch (error) {
      // Gone meanwhile, most likely. If not, he is handed it again in the next round; until then nobody loses it.
      log.info('a speaker is not in his slot', { peer: microphone.peerId, slot: this.id, error });
    } finally {
      if (!isOver()) this.#handing = undefined;
    }
  }

  /** Has a microphone's packets come to this process. */
  async #open(microphone: Microphone): Promise<Tap> {
    const { room, directs, producer, writer, clock } = this.#options;
    const { router } = microphone.at;
    const brought = router ? undefined : await room.bring(microphone.producerId);
    try {
      const direct = await directs.get(router ?? room.home);
      let tap: Tap | undefined;
      const consumer = await direct.consume(microphone.producerId, (packet) => {
        if (!tap?.on) return;
        const written = writer.write(packet, clock.now());
        if (written) producer.send(written);
      });
      tap = { microphone, consumer, release: () => brought?.release(), on: false };
      return tap;
    } catch (error) {
      brought?.release();
      throw error;
    }
  }

  #begin(tap: Tap): void {
    const { writer, log } = this.#options;
    const { peerId } = tap.microphone;
    const before = this.#tap;
    if (before) close(before);
    const level = tap.consumer.rtpParameters.headerExtensions?.find(({ uri }) => uri === AUDIO_LEVEL);
    writer.begin({ csrc: csrcOf(peerId), levelId: level?.id ?? 0 });
    this.#tap = tap;
    tap.on = true;
    if (before && before.microphone.peerId !== peerId) this.#giveBack(before.microphone.peerId);
    log.debug('slot handed over', { slot: this.id, peer: peerId, before: before?.microphone.peerId });
  }

  /** What is being prepared is not wanted any more. */
  #giveUp(): void {
    if (!this.#handing) return;
    this.#handing = undefined;
    const peerId = this.#wanted?.peerId;
    if (peerId !== undefined) this.#giveBack(peerId);
  }

  /** His voice is not in it any more: he is sent it as all others are. */
  #giveBack(peerId: string): void {
    const { room, log } = this.#options;
    room.withhold(peerId, this.id, false).catch((error: unknown) => {
      log.warn('a slot stays withheld', { peer: peerId, slot: this.id, error });
    });
  }

  #drop(): void {
    const tap = this.#tap;
    if (!tap) return;
    this.#tap = undefined;
    close(tap);
    this.#giveBack(tap.microphone.peerId);
  }
}

function close(tap: Tap): void {
  tap.on = false;
  tap.consumer.close();
  tap.release();
}
