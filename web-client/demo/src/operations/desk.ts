import type { OperationsInput, OperationsView, ViewChange } from '@parley/shared/operations';
import { Store } from '../session/store.ts';
import type { Failure } from '../text/failures.ts';
import type { ActionRequest } from './action.ts';
import type { Line, LineEvents } from './line.ts';
import { type Refusal, refusalInWords } from './words.ts';

export type Watch = OperationsInput<'watch'>;

/** What is known so far. `room` undefined: not told yet; null: there is no such room. */
export type View = Partial<OperationsView>;

export interface OpenDesk {
  readonly phase: 'open';
  /** Whether what is shown is of now: null while it is, since when (ms) it is not. */
  readonly lostSince: number | null;
  /** When the server last told something, by its clock, in ms. */
  readonly at: number;
  readonly view: View;
  readonly watch: Watch;
}

export type DeskState =
  | { readonly phase: 'shut'; readonly failure: Failure | null }
  | { readonly phase: 'opening' }
  | OpenDesk;

/** Makes a line to the server for who has the key. */
export type Connect = (key: string, events: LineEvents) => Line;

const EVERYTHING: Watch = { filter: '', roomId: null };

/** An operator's view of the platform, and what they do to it. The key is kept here alone, and goes with the page. */
export class Desk extends Store<DeskState> {
  readonly #connect: Connect;
  readonly #now: () => number;
  #line: Line | undefined;

  constructor(connect: Connect, now: () => number = Date.now) {
    super({ phase: 'shut', failure: null });
    this.#connect = connect;
    this.#now = now;
  }

  open(key: string): void {
    if (this.getSnapshot().phase !== 'shut') return;
    this.set({ phase: 'opening' });
    this.#line = this.#connect(key, {
      up: () => this.#cameUp(),
      down: () => this.#wentDown(),
      refused: (refusal) => this.#shut(refusalInWords(refusal)),
      view: (at, change) => this.#told(at, change),
    });
  }

  /** Forgets the key. */
  shut(): void {
    this.#shut(null);
  }

  watch(wish: Partial<Watch>): void {
    const state = this.getSnapshot();
    if (state.phase !== 'open') return;
    const watch = { ...state.watch, ...wish };
    const view = { ...state.view };
    if (watch.roomId !== state.watch.roomId) delete view.room;
    this.set({ ...state, watch, view });
    this.#ask();
  }

  /** @throws what the server answers: a `Refusal` */
  async act([name, input]: ActionRequest): Promise<void> {
    if (!this.#line) throw { code: 'connection_lost' } satisfies Refusal;
    await this.#line.ask(name, input);
  }

  #cameUp(): void {
    const state = this.getSnapshot();
    if (state.phase === 'open') this.set({ ...state, lostSince: null });
    else this.set({ phase: 'open', lostSince: null, at: this.#now(), view: {}, watch: EVERYTHING });
    this.#ask();
  }

  #wentDown(): void {
    const state = this.getSnapshot();
    if (state.phase === 'open' && state.lostSince === null) this.set({ ...state, lostSince: this.#now() });
  }

  #told(at: number, change: ViewChange): void {
    const state = this.getSnapshot();
    if (state.phase === 'open') this.set({ ...state, at, view: { ...state.view, ...change } as View });
  }

  /** What is asked while the line is down is asked when it is up again. */
  #ask(): void {
    const state = this.getSnapshot();
    if (state.phase === 'open' && state.lostSince === null) this.#line?.ask('watch', state.watch).catch(() => {});
  }

  #shut(failure: Failure | null): void {
    this.#line?.close();
    this.#line = undefined;
    this.set({ phase: 'shut', failure });
  }
}
