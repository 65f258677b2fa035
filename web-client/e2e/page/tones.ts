/**
 * The voices of the tests: each speaker has a sound that can be told from all others by its frequencies alone.
 *
 * Plain sines hold up: with DTX on, Opus at 32 kbit/s went on sending 50 packets/s of a steady sine for 75 s
 * (measured from 400 to 3400 Hz, Chromium 156), while silence falls to 5 packets/s. In what is decoded, a sine at
 * -24 dBFS stands 90 dB above the floor.
 */

/** 13 sines from 400 to 3400 Hz in equal ratios (1.195), so that none is near a multiple of another. In Hz. */
export const TONES: readonly number[] = Array.from({ length: 13 }, (_, n) => Math.round(400 * 8.5 ** (n / 12)));

/**
 * Chords for the silence meter, by speaker: three partials each, none a multiple of another, all at least 150 Hz
 * apart (a 10 ms window tells those apart). While a listener is moved from one path to another, both copies of a sound
 * may be mixed, one later than the other: a single sine can then cancel itself out, three hardly do at once.
 */
export const CHORDS: readonly (readonly number[])[] = [
  [450, 1130, 2270],
  [620, 1410, 2650],
  [790, 1670, 2990],
  [960, 1950, 3340],
];
