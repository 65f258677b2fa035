/** When a room forwards by slots. */
export interface ModeOptions {
  /** How many slots there are; 0: none, and microphones are forwarded however many there are. */
  slots: number;
  /** More producers than this, muted or not, and listeners consume slots. */
  directProducersMax: number;
  /** How long little must be going on before a room forwards directly again, in milliseconds. */
  calmMs: number;
}

/** How a room forwards: microphones directly, or whoever talks by slots. */
export interface Mode {
  readonly slots: boolean;
  /** Since when little has been going on, while there are slots. */
  readonly calmSince?: number | undefined;
}

/** What a room has. */
export interface Microphones {
  /** Those that are not muted. */
  open: number;
  /** All of them. */
  producers: number;
}

export const DIRECT: Mode = Object.freeze({ slots: false });

/** The mode now: slots at once when they are needed, direct after a while in which they would not have been by far. */
export function nextMode(mode: Mode, microphones: Microphones, options: ModeOptions, now: number): Mode {
  const { slots, directProducersMax, calmMs } = options;
  const { open, producers } = microphones;
  if (slots === 0) return DIRECT;
  if (!mode.slots) return open > slots || producers > directProducersMax ? { slots: true } : mode;
  if (!isCalm(microphones, options)) return mode.calmSince === undefined ? mode : { slots: true };
  const calmSince = mode.calmSince ?? now;
  if (now - calmSince >= calmMs) return DIRECT;
  return mode.calmSince === undefined ? { slots: true, calmSince } : mode;
}

/** Whether slots are far from being needed. */
export function isCalm({ open, producers }: Microphones, { slots, directProducersMax }: ModeOptions): boolean {
  return open <= Math.max(0, slots - 2) && producers <= Math.floor((directProducersMax * 2) / 3);
}

/**
 * Whether slots may be needed soon, so that levels should be listened to: the speakers of the first round are then
 * not guessed.
 */
export function isNearSlots({ open, producers }: Microphones, { slots, directProducersMax }: ModeOptions): boolean {
  return slots > 0 && (open >= slots || producers >= directProducersMax);
}
