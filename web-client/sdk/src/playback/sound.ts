/** Something that is heard, as loud as it is told to. */
export interface Sound {
  /** Moves the volume to `gain` (0 to 1) within `fadeMs`. */
  setGain(gain: number, fadeMs?: number): void;
  close(): void;
}

/** Plays a track, silently at first. */
export type Play = (track: MediaStreamTrack) => Sound;
