/**
 * Something that sounds like speech without saying anything: a buzzing voice through the resonances (formants) of
 * vowels, syllable by syllable, with hissed consonants between them and a melody that falls towards a phrase's end.
 */

interface Vowel {
  /** Formant frequencies of an adult voice, in Hz (Peterson and Barney 1952). */
  readonly formants: readonly [number, number, number];
}

const VOWELS: readonly Vowel[] = [
  { formants: [730, 1090, 2440] }, // as in father
  { formants: [530, 1840, 2480] }, // bet
  { formants: [270, 2290, 3010] }, // beet
  { formants: [570, 840, 2410] }, // bought
  { formants: [300, 870, 2240] }, // boot
  { formants: [660, 1720, 2410] }, // bat
];
const FORMANT_GAINS = [1, 0.5, 0.2] as const;
const FORMANT_Q = [6, 10, 12] as const;
/** The mouth takes about this long from one vowel to the next, in s. */
const GLIDE_S = 0.045;
const LOUDNESS = 1.4;

export interface Talker {
  readonly track: MediaStreamTrack;
  /** Says one phrase; resolves when it is over. */
  say(seconds: number): Promise<void>;
  stop(): void;
}

/**
 * @param pitch of the voice at rest, in Hz: about 90 (deep) to 240 (high)
 * @param random 0 to 1, as Math.random
 */
export function createTalker(audio: AudioContext, pitch: number, random: () => number = Math.random): Talker {
  const destination = audio.createMediaStreamDestination();
  destination.channelCount = 1;
  const mouth = audio.createGain();
  mouth.gain.value = 0;
  mouth.connect(destination);

  const voice = audio.createOscillator();
  voice.type = 'sawtooth';
  voice.frequency.value = pitch;
  // High voices come from smaller heads: their formants lie higher.
  const size = 0.85 + (0.35 * (pitch - 90)) / 150;
  const formants = FORMANT_GAINS.map((level, index) => {
    const filter = audio.createBiquadFilter();
    filter.type = 'bandpass';
    filter.Q.value = FORMANT_Q[index] ?? 10;
    const gain = audio.createGain();
    gain.gain.value = level;
    voice.connect(filter).connect(gain).connect(mouth);
    return filter;
  });
  voice.start();

  const hiss = audio.createBufferSource();
  hiss.buffer = noise(audio, random);
  hiss.loop = true;
  const teeth = audio.createBiquadFilter();
  teeth.type = 'highpass';
  teeth.frequency.value = 3_500;
  const breath = audio.createGain();
  breath.gain.value = 0;
  hiss.connect(teeth).connect(breath).connect(destination);
  hiss.start();

  const [track] = destination.stream.getAudioTracks();
  if (!track) throw new Error('the audio context gave no track');

  function scheduleSyllable(at: number, seconds: number, progress: number): void {
    const vowel = VOWELS[Math.floor(random() * VOWELS.length)] as Vowel;
    for (const [index, filter] of formants.entries()) {
      filter.frequency.setTargetAtTime((vowel.formants[index] as number) * size, at, GLIDE_S / 3);
    }
    const melody = 1.12 - 0.22 * progress + 0.12 * (random() - 0.5);
    voice.frequency.setTargetAtTime(pitch * melody, at, 0.06);
    const stress = LOUDNESS * (0.55 + 0.45 * random());
    mouth.gain.setTargetAtTime(stress, at + 0.02, 0.02);
    mouth.gain.setTargetAtTime(stress * 0.12, at + seconds * 0.72, 0.025);
    if (random() < 0.35) {
      breath.gain.setTargetAtTime(0.05 + 0.06 * random(), at - 0.02, 0.01);
      breath.gain.setTargetAtTime(0, at + 0.05, 0.02);
    }
  }

  return {
    track,
    say(seconds) {
      const begin = audio.currentTime + 0.05;
      const end = begin + seconds;
      for (let at = begin; at < end - 0.1; ) {
        // Four to seven syllables a second, and now and then a breath.
        const length = 0.14 + 0.11 * random();
        scheduleSyllable(at, length, (at - begin) / seconds);
        at += length + (random() < 0.08 ? 0.18 : 0);
      }
      mouth.gain.setTargetAtTime(0, end, 0.03);
      // Exponential decay never ends: from here on it is digital silence, and DTX rests.
      mouth.gain.setValueAtTime(0, end + 0.3);
      return new Promise((resolve) => setTimeout(resolve, (end + 0.3 - audio.currentTime) * 1000));
    },
    stop() {
      voice.stop();
      hiss.stop();
      track.stop();
    },
  };
}

/** A second of white noise. */
function noise(audio: AudioContext, random: () => number): AudioBuffer {
  const buffer = audio.createBuffer(1, audio.sampleRate, audio.sampleRate);
  const samples = buffer.getChannelData(0);
  for (let i = 0; i < samples.length; i += 1) samples[i] = 2 * random() - 1;
  return buffer;
}
