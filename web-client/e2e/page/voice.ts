import { createTalker } from '../bots/page/speech.ts';

/** A synthesized voice: sines or speech, as a track that a room takes for a microphone. */
export interface Voice {
  readonly track: MediaStreamTrack;
  /** 1 is as loud as it began, 0 is digital silence. */
  setLevel(level: number): void;
  stop(): void;
}

/** Peak of the whole voice: -10 dBFS. */
const PEAK = 0.3;

/** @param frequencies in Hz; together they are as loud as one alone would be. */
export function createVoice(audio: AudioContext, frequencies: readonly number[]): Voice {
  const destination = audio.createMediaStreamDestination();
  destination.channelCount = 1;
  const gain = audio.createGain();
  const loudness = PEAK / frequencies.length;
  gain.gain.value = loudness;
  gain.connect(destination);
  const oscillators = frequencies.map((frequency) => {
    const oscillator = audio.createOscillator();
    oscillator.frequency.value = frequency;
    oscillator.connect(gain);
    oscillator.start();
    return oscillator;
  });
  const [track] = destination.stream.getAudioTracks();
  if (!track) throw new Error('the audio context gave no track');
  return {
    track,
    setLevel: (level) => gain.gain.setTargetAtTime(level * loudness, audio.currentTime, 0.005),
    stop: () => {
      for (const oscillator of oscillators) oscillator.stop();
      track.stop();
    },
  };
}

/** Speech without words and without an end. @param pitch in Hz */
export function createSpeech(audio: AudioContext, pitch: number): Voice {
  const talker = createTalker(audio, pitch);
  let isOver = false;
  const talk = async () => {
    while (!isOver) await talker.say(10);
  };
  void talk();
  return {
    track: talker.track,
    setLevel() {
      throw new Error('speech has but one level');
    },
    stop() {
      isOver = true;
      talker.stop();
    },
  };
}
