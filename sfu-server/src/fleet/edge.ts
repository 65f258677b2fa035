import type { RtpParameters } from '@parley/shared/media';
import { ParleyError } from '@parley/shared/protocol';
import { Emitter, type Logger } from '@parley/shared/runtime';
import type { Level, MediaPipe, MediaProducer, PipeConsumer, PipeListen } from '../media/ports.ts';
import type { Hold } from '../pipes/pipes.ts';
import type { Room } from '../rooms/room.ts';
import { Listening } from '../slots/listening.ts';
import type { Microphone, MicrophonePlace } from '../slots/microphone.ts';
import { type EdgeState, LEVELS_MAX, type PipeEnd } from './contract.ts';

/** Why an edge ended that its home did not ask to close. */
export type EdgeEnd = 'worker_died' | 'shutdown' | 'lease';

interface Out {
  consumer: PipeConsumer;
  /** Has the producer at the router the pipe is on. */
  hold: Hold;
}

/**
 * The part of another node's room that is on this node: a room of its own, as it were, and a pipe to the room's home.
 * It does as the home says and decides nothing about the room; left alone, it goes on forwarding.
 */
export class Edge extends Emitter<{ levels: [levels: Level[]] }> {
  readonly room: Room;
  readonly #pipe: MediaPipe;
  readonly #in = new Map<string, MediaProducer>();
  readonly #out = new Map<string, Out>();
  readonly #listening: Listening;
  /** What was last heard at each of its routers. */
  readonly #levels = new Map<MicrophonePlace, readonly Level[]>();

  private constructor(room: Room, pipe: MediaPipe, log: Logger) {
    super((error, event) => log.error('a listener threw', { event, error }));
    this.room = room;
    this.#pipe = pipe;
    this.#listening = new Listening({ slots: LEVELS_MAX, onLevels: (at, levels) => this.#tellLevels(at, levels), log });
    room.directory.on('added', () => this.#listen());
    room.directory.on('changed', () => this.#listen());
    room.directory.on('removed', ({ id }) => {
      // Its pipe has closed with it at its source.
      this.#dropOut(id);
      this.#listen();
    });
  }

  /** Joins a room of this node to the home of the whole. It ends with the room. */
  static async open(options: { room: Room; remote: PipeEnd; listen: PipeListen; log: Logger }): Promise<Edge> {
    const { room, remote, listen, log } = options;
    const pipe = await room.home.router.createPipe(listen);
    await pipe.connect(remote);
    if (room.closed) throw gone();
    return new Edge(room, pipe, log);
  }

  get pipe(): PipeEnd {
    return this.#pipe.parameters;
  }

  get state(): EdgeState {
    const { directory } = this.room;
    const producers = (ids: string[]) =>
      ids.map((producerId) => ({ producerId, paused: directory.find(producerId)?.paused ?? false }));
    return {
      peers: this.room.state.peers.map(({ peerId, producerIds }) => ({ peerId, producers: producers(producerIds) })),
      in: [...this.#in].map(([producerId, { paused }]) => ({ producerId, paused })),
      out: [...this.#out.keys()],
    };
  }

  /** What the home pipes here becomes a producer of this room. `peerId`: whose it is; null: a slot. */
  async pipeIn(options: {
    producerId: string;
    peerId: string | null;
    rtpParameters: RtpParameters;
    paused: boolean;
  }): Promise<void> {
    const { producerId: id, peerId, rtpParameters, paused } = options;
    const { directory, home } = this.room;
    if (directory.find(id)) throw new ParleyError('conflict', 'This producer is at the edge already.');
    const producer = await this.#pipe.produce({ id, rtpParameters, paused });
    if (this.room.closed || directory.find(id)) {
      producer.close();
      throw gone();
    }
    this.#in.set(id, producer);
    directory.add({ id, peerId, origin: home, paused });
  }

  /** Sends a producer of one of its peers to the home. */
  async pipeOut(producerId: string): Promise<{ rtpParameters: RtpParameters; paused: boolean }> {
    const { directory, pipes, home } = this.room;
    if (!directory.find(producerId) || this.#in.has(producerId)) throw noSuchProducer();
    const hold = await pipes.hold(producerId, home);
    try {
      if (this.#out.has(producerId)) throw new ParleyError('conflict', 'This producer is piped already.');
      const consumer = await this.#pipe.consume(producerId);
      // It may have closed while the worker made the consumer.
      const entry = directory.find(producerId);
      if (!entry || consumer.closed) {
        consumer.close();
        throw noSuchProducer();
      }
      this.#out.set(producerId, { consumer, hold });
      return { rtpParameters: consumer.rtpParameters, paused: entry.paused };
    } catch (error) {
      hold.release();
      throw error;
    }
  }

  /** Pauses or resumes what the home pipes here, as it is at its source. */
  async pausePipe(producerId: string, paused: boolean): Promise<void> {
    const producer = this.#in.get(producerId);
    if (!producer) throw noSuchProducer();
    await (paused ? producer.pause() : producer.resume());
    this.room.directory.setPaused(producerId, paused);
  }

  /** Ends a pipe; one that is not there is as closed as was asked for. */
  closePipe(producerId: string, direction: 'in' | 'out'): void {
    if (direction === 'out') return this.#dropOut(producerId);
    const producer = this.#in.get(producerId);
    if (!producer) return;
    this.#in.delete(producerId);
    this.room.directory.remove(producerId);
    producer.close();
  }

  /** To the open microphones of its own peers: how loud the others are, is known where they are. */
  #listen(): void {
    const microphones: Microphone[] = [];
    for (const { id, peerId, paused, origin } of this.room.directory.entries) {
      if (peerId === null || paused || this.#in.has(id)) continue;
      microphones.push({ peerId, producerId: id, at: origin as MicrophonePlace });
    }
    this.#listening.listenTo(microphones);
    // Where nobody is listened to any more, nobody says that he has fallen silent.
    const places = new Set(microphones.map(({ at }) => at));
    for (const at of this.#levels.keys()) if (!places.has(at)) this.#levels.delete(at);
  }

  #tellLevels(at: MicrophonePlace, levels: readonly Level[]): void {
    if (levels.length > 0) this.#levels.set(at, levels);
    else this.#levels.delete(at);
    const loudest = [...this.#levels.values()].flat().toSorted((a, b) => b.dBov - a.dBov);
    this.emit('levels', loudest.slice(0, LEVELS_MAX));
  }

  #dropOut(producerId: string): void {
    const out = this.#out.get(producerId);
    if (!out) return;
    this.#out.delete(producerId);
    out.consumer.close();
    out.hold.release();
  }
}

const gone = () => new ParleyError('stale_epoch', 'This edge is over.');
const noSuchProducer = () => new ParleyError('not_found', 'There is no such producer at the edge.');
