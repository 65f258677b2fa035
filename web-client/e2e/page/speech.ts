/**
 * Speech without words, sample by sample, the same each time: pulses of vocal cords through the moving resonances of a
 * mouth (Klatt 1980), hissed consonants, stops, a melody that falls, pauses between phrases. Opus takes it for speech,
 * which it codes otherwise than tones, and of which alone it repeats something (FEC) when little is lost.
 */

/** The first three formants of vowels, in Hz (Peterson and Barney 1952). */
const VOWELS = [
  [730, 1090, 2440],
  [530, 1840, 2480],
  [270, 2290, 3010],
  [570, 840, 2410],
  [300, 870, 2240],
  [660, 1720, 2410],
] as const;
/** Above them resonances hardly move, in Hz. */
const UPPER_FORMANTS = [3_500, 4_500] as const;
const BANDWIDTHS = [70, 100, 140, 200, 250] as const;
/** Where a hiss is loudest, in Hz, and how broad it is. */
const HISS = { frequency: 5_500, bandwidth: 2_500 };
/** The mouth takes about this long from one vowel to the next, in s. */
const GLIDE_S = 0.04;
/** How long the cords are open, as a share of a period (Rosenberg 1971). */
const OPEN = { rising: 0.4, falling: 0.16 };
/** -12 dBFS. */
const PEAK = 0.25;

/** @param pitch in Hz @param chance 0 to 1, as Math.random */
export function synthesizeSpeech(
  sampleRate: number,
  seconds: number,
  pitch: number,
  chance: () => number,
): Float32Array<ArrayBuffer> {
  const samples = new Float32Array(Math.round(sampleRate * seconds));
  const mouth = [...VOWELS[0], ...UPPER_FORMANTS].map((frequency, i) => ({
    frequency,
    resonator: new Resonator(sampleRate, BANDWIDTHS[i] as number),
  }));
  const teeth = new Resonator(sampleRate, HISS.bandwidth);
  const glide = 1 - Math.exp(-1 / (GLIDE_S * sampleRate));
  const fade = 1 - Math.exp(-1 / (0.012 * sampleRate));
  const noise = () => 2 * chance() - 1;
  let [phase, period, shimmer, voiced, hissed] = [0, sampleRate / pitch, 1, 0, 0];
  const syllables = phrases(seconds, chance);
  let syllable = syllables.next().value;
  for (let i = 0; i < samples.length; i++) {
    const at = i / sampleRate;
    while (syllable && at >= syllable.end) syllable = syllables.next().value;
    const sounding = soundOf(syllable, at);
    voiced += fade * (sounding.voice - voiced);
    hissed += fade * (sounding.hiss - hissed);
    if (++phase >= period) {
      phase -= period;
      // No two periods are quite alike.
      period = (sampleRate / (pitch * (syllable?.melody ?? 1))) * (1 + 0.01 * noise());
      shimmer = 1 + 0.08 * noise();
    }
    let sound = voiced * (shimmer * cords(phase / period) + 0.03 * noise());
    for (const [k, formant] of mouth.entries()) {
      const target = (syllable && VOWELS[syllable.vowel]?.[k]) ?? formant.frequency;
      formant.frequency += glide * (target - formant.frequency);
      sound = formant.resonator.next(sound, formant.frequency);
    }
    samples[i] = sound + hissed * teeth.next(noise(), HISS.frequency);
  }
  return normalized(samples);
}

interface Syllable {
  /** In s; a consonant comes before the vowel, or a stop. */
  readonly begin: number;
  readonly vowelFrom: number;
  readonly end: number;
  readonly vowel: number;
  readonly stress: number;
  readonly hiss: number;
  readonly melody: number;
}

/** How loud voice and hiss are to be, as a factor. */
function soundOf(syllable: Syllable | undefined, at: number): { voice: number; hiss: number } {
  if (!syllable || at < syllable.begin) return { voice: 0, hiss: 0 };
  return at < syllable.vowelFrom ? { voice: 0, hiss: syllable.hiss } : { voice: syllable.stress, hiss: 0 };
}

function* phrases(seconds: number, chance: () => number): Generator<Syllable, undefined> {
  for (let at = 0.05; at < seconds; ) {
    const count = 5 + Math.floor(7 * chance());
    for (let i = 0; i < count; i++) {
      const consonant = 0.04 + 0.06 * chance();
      const begin = at;
      at += consonant + 0.09 + 0.1 * chance();
      yield {
        begin,
        vowelFrom: begin + consonant,
        end: at,
        vowel: Math.floor(chance() * VOWELS.length),
        stress: 0.6 + 0.4 * chance(),
        hiss: chance() < 0.4 ? 0.02 + 0.03 * chance() : 0,
        melody: 1.15 - (0.3 * i) / count + 0.15 * (chance() - 0.5),
      };
    }
    at += 0.15 + 0.3 * chance();
  }
  return undefined;
}

/** The flow through the vocal cords, as it changes. @param phase 0 to 1 of a period */
function cords(phase: number): number {
  const { rising, falling } = OPEN;
  if (phase < rising) return (Math.PI / 2 / rising) * Math.sin((Math.PI * phase) / rising) * falling;
  if (phase < rising + falling) return (-Math.PI / 2) * Math.sin(((Math.PI / 2) * (phase - rising)) / falling);
  return 0;
}

/** Two poles; at 0 Hz it changes nothing. */
class Resonator {
  readonly #turn: number;
  readonly #decay: number;
  #last = 0;
  #beforeLast = 0;

  constructor(sampleRate: number, bandwidth: number) {
    this.#turn = (2 * Math.PI) / sampleRate;
    this.#decay = Math.exp((-Math.PI * bandwidth) / sampleRate);
  }

  next(input: number, frequency: number): number {
    const b = 2 * this.#decay * Math.cos(this.#turn * frequency);
    const c = -this.#decay * this.#decay;
    const output = (1 - b - c) * input + b * this.#last + c * this.#beforeLast;
    this.#beforeLast = this.#last;
    this.#last = output;
    return output;
  }
}

function normalized(samples: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  const loudest = samples.reduce((max, sample) => Math.max(max, Math.abs(sample)), 0);
  return samples.map((sample) => (sample / loudest) * PEAK);
}
