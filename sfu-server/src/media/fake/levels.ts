import { ParleyError } from '@parley/shared/protocol';
import type { Level, LevelOptions, MediaLevels } from '../ports.ts';
import { FakeObject } from './object.ts';
import type { FakeRouter } from './router.ts';

export class FakeLevels extends FakeObject implements MediaLevels {
  readonly router: FakeRouter;
  readonly options: LevelOptions;
  /** The producers it listens to. */
  readonly producerIds = new Set<string>();
  #onLevels = (_levels: Level[]): void => {};

  constructor(router: FakeRouter, options: LevelOptions) {
    super(router.worker, 'levels');
    this.router = router;
    this.options = options;
  }

  add(producerId: string): Promise<void> {
    return this.worker.answer(() => {
      if (!this.router.producers.has(producerId)) throw new ParleyError('not_found');
      this.producerIds.add(producerId);
    });
  }

  remove(producerId: string): Promise<void> {
    return this.worker.answer(() => {
      this.producerIds.delete(producerId);
    });
  }

  onLevels(listener: (levels: Level[]) => void): void {
    this.#onLevels = listener;
  }

  /** The worker reports. */
  report(levels: Level[]): void {
    if (!this.closed) this.#onLevels(levels);
  }
}
