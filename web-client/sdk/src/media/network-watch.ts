import { type Clock, Emitter, systemClock, type Timer } from '@parley/shared/runtime';

/** How often it is looked whether the device has slept, in ms. */
const TICK_MS = 2_000;
/** A tick that comes so much too late, in ms, was not held up by work: the device slept, or the page was frozen. */
const ASLEEP_MS = 5_000;

/** Why the network may be another one than before. */
export type NetworkChange = 'online' | 'type' | 'woke' | 'resumed';

type NetworkEvents = {
  changed: [why: NetworkChange];
};

/** What the watch reads of a browser; each part may be missing. */
export interface NetworkSigns {
  window?: EventTarget | undefined;
  document?: EventTarget | undefined;
  /** `navigator.connection` (Network Information API). */
  connection?: (EventTarget & { readonly type?: string }) | undefined;
}

const browserSigns = (): NetworkSigns => ({
  window: typeof window === 'undefined' ? undefined : window,
  document: typeof document === 'undefined' ? undefined : document,
  connection: (globalThis.navigator as { connection?: NetworkSigns['connection'] } | undefined)?.connection,
});

/** Notices that the device has come to another network, or has slept and may have. */
export class NetworkWatch extends Emitter<NetworkEvents> {
  readonly #signs: NetworkSigns;
  readonly #clock: Clock;
  #timer: Timer | undefined;
  #type: string | undefined;

  constructor({ signs = browserSigns(), clock = systemClock }: { signs?: NetworkSigns; clock?: Clock } = {}) {
    super();
    this.#signs = signs;
    this.#clock = clock;
    this.#type = signs.connection?.type;
    signs.window?.addEventListener('online', this.#onOnline);
    signs.document?.addEventListener('resume', this.#onResumed);
    signs.connection?.addEventListener('change', this.#onType);
    this.#tick();
  }

  close(): void {
    const { window, document, connection } = this.#signs;
    window?.removeEventListener('online', this.#onOnline);
    document?.removeEventListener('resume', this.#onResumed);
    connection?.removeEventListener('change', this.#onType);
    this.#clock.cancel(this.#timer);
    this.removeAllListeners();
  }

  readonly #onOnline = () => this.emit('changed', 'online');
  readonly #onResumed = () => this.emit('changed', 'resumed');

  /** Estimates of speed change all the time; only another kind of network is news. */
  readonly #onType = () => {
    const type = this.#signs.connection?.type;
    if (type === this.#type) return;
    this.#type = type;
    if (type !== 'none') this.emit('changed', 'type');
  };

  #tick(): void {
    const due = this.#clock.now() + TICK_MS;
    this.#timer = this.#clock.after(TICK_MS, () => {
      if (this.#clock.now() - due >= ASLEEP_MS) this.emit('changed', 'woke');
      this.#tick();
    });
  }
}
