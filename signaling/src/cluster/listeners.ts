import type { Logger } from '@parley/shared/runtime';
import type { BusListener } from './bus.ts';
import type { BusMessage } from './messages.ts';

type AnyListener = (message: BusMessage, from: string) => void;

/** Who listens to which message; one that throws breaks nothing for the others. */
export class BusListeners {
  readonly #byType = new Map<string, Set<AnyListener>>();
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  on<T extends BusMessage['type']>(type: T, listener: BusListener<T>): () => void {
    const set = this.#byType.get(type) ?? new Set();
    this.#byType.set(type, set);
    set.add(listener as AnyListener);
    return () => set.delete(listener as AnyListener);
  }

  /** Whether anyone listens to messages of that type. */
  has(type: string): boolean {
    return (this.#byType.get(type)?.size ?? 0) > 0;
  }

  deliver(message: BusMessage, from: string): void {
    for (const listener of [...(this.#byType.get(message.type) ?? [])]) {
      try {
        listener(message, from);
      } catch (error) {
        this.#logger.error('a listener threw', { bus: message.type, error });
      }
    }
  }

  clear(): void {
    this.#byType.clear();
  }
}
