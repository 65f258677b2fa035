import type { ModeOptions } from '../slots/mode.ts';

/** For tests of what is the same whichever way a room forwards: it never uses slots. */
export const NO_SLOTS: ModeOptions = { slots: 64, directProducersMax: 1_000_000, calmMs: 0 };
