import type { Logger } from '@parley/shared/runtime';
import type { Bus, BusListener } from './bus.ts';
import { BusListeners } from './listeners.ts';
import type { BusMessage } from './messages.ts';

/** The bus of a node that is alone: it hears itself. */
export class MemoryBus implements Bus {
  readonly nodeId: string;
  readonly #listeners: BusListeners;

  constructor(nodeId: string, logger: Logger) {
    this.nodeId = nodeId;
    this.#listeners = new BusListeners(logger);
  }

  send(nodeId: string, message: BusMessage): void {
    if (nodeId === this.nodeId) this.publish(message);
  }

  publish(message: BusMessage): void {
    this.#listeners.deliver(message, this.nodeId);
  }

  on<T extends BusMessage['type']>(type: T, listener: BusListener<T>): () => void {
    return this.#listeners.on(type, listener);
  }

  close(): void {
    this.#listeners.clear();
  }
}
