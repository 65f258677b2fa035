import type { MediaProducer, PipeConsumer } from '../media/ports.ts';
import type { Carriage } from '../pipes/place.ts';

/** The home's end of one producer on its way to an edge (a consumer of the pipe) or from there (a producer). */
export class RemoteCarriage implements Carriage {
  readonly #end: PipeConsumer | MediaProducer;
  readonly #listeners: (() => void)[] = [];
  /** As the other end was last told, or said. */
  paused: boolean;
  closed = false;

  /** `onClosed`: the first to hear of its end. */
  constructor(end: PipeConsumer | MediaProducer, paused: boolean, onClosed: () => void) {
    this.#end = end;
    this.paused = paused;
    this.#listeners.push(onClosed);
  }

  onClosed(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** What comes from the edge follows its source. */
  pause(paused: boolean): void {
    if (!('pause' in this.#end) || this.closed) return;
    this.paused = paused;
    // Nothing comes while the source is paused, whether this end knows it or not.
    (paused ? this.#end.pause() : this.#end.resume()).catch(() => {});
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.#end.close();
    for (const listener of this.#listeners) listener();
  }
}
