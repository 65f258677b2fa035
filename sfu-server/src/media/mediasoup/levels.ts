import { ParleyError } from '@parley/shared/protocol';
import type { types } from 'mediasoup';
import type { Level, MediaLevels } from '../ports.ts';
import type { MediasoupContext } from './context.ts';

export class MediasoupLevels implements MediaLevels {
  readonly #observer: types.AudioLevelObserver;
  readonly #context: MediasoupContext;

  constructor(observer: types.AudioLevelObserver, context: MediasoupContext) {
    this.#observer = observer;
    this.#context = context;
  }

  get closed(): boolean {
    return this.#observer.closed;
  }

  add(producerId: string): Promise<void> {
    return this.#context.call('addLevels', this.#observer.addProducer({ producerId }));
  }

  async remove(producerId: string): Promise<void> {
    try {
      await this.#context.call('removeLevels', this.#observer.removeProducer({ producerId }));
    } catch (error) {
      // It closed, and has left by that.
      if (!(error instanceof ParleyError && error.code === 'not_found')) throw error;
    }
  }

  onLevels(listener: (levels: Level[]) => void): void {
    this.#observer.on('volumes', (volumes) =>
      listener(volumes.map(({ producer, volume }) => ({ producerId: producer.id, dBov: volume }))),
    );
    this.#observer.on('silence', () => listener([]));
  }

  close(): void {
    this.#observer.close();
  }
}
