import type { Forwarding } from '@parley/shared/control';
import type { RtpParameters } from '@parley/shared/media';
import { type Clock, Emitter, type Logger, type Timer } from '@parley/shared/runtime';
import type { Level } from '../media/ports.ts';
import { Directs } from './directs.ts';
import { Listening, ROUND_MS } from './listening.ts';
import type { Microphone, MicrophonePlace, StageRoom } from './microphone.ts';
import { DIRECT, isCalm, isNearSlots, type Microphones, type Mode, type ModeOptions, nextMode } from './mode.ts';
import { noSelection, type Round, type Selection, select } from './selection.ts';
import { AUDIO_LEVEL, Slot } from './slot.ts';
import { SlotWriter } from './slot-writer.ts';

/**
 * How long what listeners had is forwarded on after a change, in milliseconds: they move from one to the other speaker
 * by speaker.
 */
export const OVERLAP_MS = 15_000;
const LEVEL_ID = 10;

export interface StageOptions extends ModeOptions {
  room: StageRoom;
  clock: Clock;
  log: Logger;
}

/**
 * How a room forwards: its microphones, or, when there are many, the loudest of them by speaker slots. It is told of
 * every microphone, and decides who is on.
 */
export class Stage extends Emitter<{
  forwardingChanged: [forwarding: Forwarding];
  /** A slot's producer is on the home router, and will be for as long as there are slots. */
  slotOpened: [producerId: string];
  slotClosed: [producerId: string];
  /** The slots have been there for long enough: nobody needs the microphones any more. */
  microphonesDone: [];
}> {
  readonly #options: StageOptions;
  readonly #directs = new Directs();
  readonly #listening: Listening;
  /** By producer. */
  readonly #microphones = new Map<string, Microphone>();
  /** By peer, those that are not muted, the longest so first. */
  readonly #open = new Map<string, Microphone>();
  #pinned: readonly string[] = [];
  #mode: Mode = DIRECT;
  #isListening = false;
  #selection: Selection;
  #slots: Slot[] | undefined;
  #isRaising = false;
  #forwarding: Forwarding = { generation: 0, slots: [] };
  #overlap: Timer | undefined;
  #round: Timer | undefined;
  #needsMicrophones = true;
  #closed = false;

  constructor(options: StageOptions) {
    super((error, event) => options.log.error('a listener threw', { event, error }));
    this.#options = options;
    this.#selection = noSelection(options.slots);
    this.#listening = new Listening({
      slots: options.slots,
      onLevels: (at, levels) => this.handleLevels(at, levels),
      log: options.log,
    });
  }

  get forwarding(): Forwarding {
    return this.#forwarding;
  }

  /** Whether listeners may consume microphones: while they are forwarded, and for a while after. */
  get needsMicrophones(): boolean {
    return this.#needsMicrophones;
  }

  /** Each slot, while there are any, and whose voice is in it. */
  get slots(): { producerId: string; peerId: string | null }[] {
    return (this.#slots ?? []).map(({ id, peerId }) => ({ producerId: id, peerId: peerId ?? null }));
  }

  handleProduced(microphone: Microphone, paused: boolean): void {
    this.#microphones.set(microphone.producerId, microphone);
    if (!paused) this.#open.set(microphone.peerId, microphone);
    this.#settle();
  }

  handlePaused(producerId: string, paused: boolean): void {
    const microphone = this.#microphones.get(producerId);
    if (!microphone) return;
    if (paused) this.#mute(microphone);
    else if (this.#open.get(microphone.peerId) !== microphone) this.#open.set(microphone.peerId, microphone);
    this.#settle();
  }

  handleProducerClosed(producerId: string): void {
    const microphone = this.#microphones.get(producerId);
    if (!microphone) return;
    this.#microphones.delete(producerId);
    this.#mute(microphone);
    this.#settle();
  }

  /** How loud the microphones at that place are; those that are not named are silent. */
  handleLevels(at: MicrophonePlace, levels: readonly Level[]): void {
    const byPeer = new Map<string, number>();
    for (const { producerId, dBov } of levels) {
      const microphone = this.#microphones.get(producerId);
      if (microphone?.at === at) byPeer.set(microphone.peerId, dBov);
    }
    this.#settle({ levels: byPeer, covers: (peerId) => this.#open.get(peerId)?.at === at });
  }

  /** These peers have a slot whether they are loud or not; the first of them win. */
  pin(peerIds: readonly string[]): void {
    this.#pinned = [...peerIds];
    this.#settle();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const { clock } = this.#options;
    clock.cancel(this.#overlap);
    clock.cancel(this.#round);
    this.#listening.close();
    this.#strike();
    this.#directs.close();
    this.#microphones.clear();
    this.#open.clear();
    this.removeAllListeners();
  }

  #mute(microphone: Microphone): void {
    // Another of the same peer is not this one's to mute.
    if (this.#open.get(microphone.peerId) === microphone) this.#open.delete(microphone.peerId);
  }

  /** Brings everything into accord with what there is. What failed before is tried again. */
  #settle(report?: Pick<Round, 'levels' | 'covers'>): void {
    if (this.#closed) return;
    const { clock } = this.#options;
    const now = clock.now();
    const counts: Microphones = { open: this.#open.size, producers: this.#microphones.size };
    this.#mode = nextMode(this.#mode, counts, this.#options, now);
    this.#isListening =
      this.#mode.slots || (this.#isListening ? !isCalm(counts, this.#options) : isNearSlots(counts, this.#options));
    this.#listening.listenTo(this.#isListening ? this.#microphones.values() : []);
    this.#selection = select(this.#selection, {
      now,
      open: this.#open,
      pinned: this.#pinned,
      ...report,
    });
    if (this.#mode.slots && !this.#slots) void this.#raise();
    if (this.#slots) {
      this.#hand(this.#slots);
      this.#publish(this.#mode.slots ? this.#slots.map(({ id }) => id) : []);
    }
    clock.cancel(this.#round);
    const isBusy = this.#isListening || this.#slots !== undefined;
    this.#round = isBusy ? clock.after(ROUND_MS, () => this.#settle()) : undefined;
  }

  /** Gives each slot to its holder. */
  #hand(slots: readonly Slot[]): void {
    const { holders } = this.#selection;
    for (const [i, slot] of slots.entries()) {
      const { peerId } = slot;
      // He keeps it until another's packets come, but is not in two.
      if (peerId !== undefined && peerId !== holders[i] && holders.includes(peerId)) slot.leave(peerId);
    }
    for (const [i, slot] of slots.entries()) slot.hand(this.#open.get(holders[i] ?? ''));
  }

  #publish(slots: string[]): void {
    const isChanged = slots.length !== this.#forwarding.slots.length;
    if (!isChanged) return;
    const { clock, log } = this.#options;
    this.#forwarding = { generation: this.#forwarding.generation + 1, slots };
    log.info(slots.length > 0 ? 'room forwards by slots' : 'room forwards directly', this.#counts);
    clock.cancel(this.#overlap);
    if (slots.length > 0) {
      this.#overlap = clock.after(OVERLAP_MS, () => {
        this.#needsMicrophones = false;
        this.emit('microphonesDone');
      });
    } else {
      this.#needsMicrophones = true;
      this.#overlap = clock.after(OVERLAP_MS, () => this.#strike());
    }
    this.emit('forwardingChanged', this.#forwarding);
  }

  get #counts(): { open: number; producers: number } {
    return { open: this.#open.size, producers: this.#microphones.size };
  }

  /** Makes the slots. */
  async #raise(): Promise<void> {
    if (this.#isRaising) return;
    this.#isRaising = true;
    const { room, clock, log, slots: count } = this.#options;
    try {
      const direct = await this.#directs.get(room.home);
      const made = await Promise.allSettled(
        Array.from({ length: count }, async (_, i) => {
          const rtpParameters = slotParameters(i + 1, payloadType(room));
          return new Slot({
            producer: await direct.produce({ rtpParameters }),
            writer: new SlotWriter({
              ssrc: i + 1,
              payloadType: payloadType(room),
              levelId: LEVEL_ID,
              sequence: 0,
              timestamp: 0,
            }),
            room,
            directs: this.#directs,
            clock,
            log,
          });
        }),
      );
      const slots = made.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
      const failed = made.find((one) => one.status === 'rejected');
      if (this.#closed || failed) {
        for (const slot of slots) slot.close();
        if (failed) throw failed.reason;
        return;
      }
      this.#slots = slots;
      for (const { id } of slots) this.emit('slotOpened', id);
    } catch (error) {
      if (!this.#closed) log.warn('slots were not made', { error });
    } finally {
      this.#isRaising = false;
    }
    if (this.#slots) this.#settle();
  }

  /** Ends the slots, and with them whoever consumes them. */
  #strike(): void {
    for (const slot of this.#slots ?? []) {
      slot.close();
      this.emit('slotClosed', slot.id);
    }
    this.#slots = undefined;
  }
}

const payloadType = ({ home }: StageRoom): number => home.rtpCapabilities.codecs[0]?.preferredPayloadType ?? 100;

/** What a slot sends: Opus as clients send it. No NACK: nothing is lost between this process and the worker. */
function slotParameters(ssrc: number, payloadType: number): RtpParameters {
  return {
    codecs: [
      {
        mimeType: 'audio/opus',
        payloadType,
        clockRate: 48_000,
        channels: 2,
        parameters: { useinbandfec: 1, usedtx: 1 },
      },
    ],
    headerExtensions: [{ uri: AUDIO_LEVEL, id: LEVEL_ID }],
    encodings: [{ ssrc }],
    rtcp: { cname: 'slots' },
  };
}
