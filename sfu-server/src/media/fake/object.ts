import type { FakeWorker } from './worker.ts';

/** Something a fake worker holds until it is closed; what is below it closes with it. */
export abstract class FakeObject {
  readonly id: string;
  readonly worker: FakeWorker;
  readonly below = new Set<FakeObject>();
  closed = false;

  /** `id`: an id of somebody else's, as a piped producer has. */
  constructor(worker: FakeWorker, kind: string, id?: string) {
    this.worker = worker;
    this.id = worker.hold(kind, id);
  }

  close(): void {
    this.end(false);
  }

  /** `silently`: with its whole router, of which a worker says nothing more. */
  end(silently: boolean): void {
    if (this.closed) return;
    this.closed = true;
    this.worker.live.delete(this.id);
    for (const object of this.below) object.end(silently);
  }
}
