import type { RtpCapabilities } from '@parley/shared/media';
import type { LevelOptions, MediaRouter, PipeListen } from '../ports.ts';
import { FakeDirect } from './direct.ts';
import { FakeLevels } from './levels.ts';
import { FakeObject } from './object.ts';
import { FakePipe } from './pipe.ts';
import type { FakeProducer } from './producer.ts';
import { FakeTransport } from './transport.ts';
import type { FakeWorker } from './worker.ts';

const CAPABILITIES: RtpCapabilities = {
  codecs: [{ kind: 'audio', mimeType: 'audio/opus', preferredPayloadType: 100, clockRate: 48_000, channels: 2 }],
};

export class FakeRouter extends FakeObject implements MediaRouter {
  readonly rtpCapabilities = CAPABILITIES;
  readonly transports: FakeTransport[] = [];
  readonly pipes: FakePipe[] = [];
  readonly directs: FakeDirect[] = [];
  readonly levels: FakeLevels[] = [];
  readonly producers = new Map<string, FakeProducer>();

  constructor(worker: FakeWorker) {
    super(worker, 'router');
  }

  createTransport(): Promise<FakeTransport> {
    return this.#make(this.transports, () => new FakeTransport(this));
  }

  createPipe(listen: PipeListen): Promise<FakePipe> {
    return this.#make(this.pipes, () => new FakePipe(this, listen));
  }

  createDirect(): Promise<FakeDirect> {
    return this.#make(this.directs, () => new FakeDirect(this));
  }

  createLevels(options: LevelOptions): Promise<FakeLevels> {
    return this.#make(this.levels, () => new FakeLevels(this, options));
  }

  canConsume(producerId: string): boolean {
    return this.producers.has(producerId);
  }

  async #make<T extends FakeObject>(list: T[], make: () => T): Promise<T> {
    const made = await this.worker.answer(make);
    list.push(made);
    this.below.add(made);
    return made;
  }
}
