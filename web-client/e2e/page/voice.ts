import { chance } from './chance.ts';
import { synthesizeSpeech } from './speech.ts';

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
  const oscillators = frequencies.map((frequency) => {
    const oscillator = audio.createOscillator();
    oscillator.frequency.value = frequency;
    return oscillator;
  });
  return playing(audio, PEAK / frequencies.length, oscillators);
}

/** So long, in s, until the same is said again. */
const SPEECH_S = 16;

/** Speech without words and without an end, the same for the same pitch. @param pitch in Hz */
export function createSpeech(audio: AudioContext, pitch: number): Voice {
  const { sampleRate } = audio;
  const samples = synthesizeSpeech(sampleRate, SPEECH_S, pitch, chance(pitch));
  const source = audio.createBufferSource();
  source.buffer = audio.createBuffer(1, samples.length, sampleRate);
  source.buffer.copyToChannel(samples, 0);
  source.loop = true;
  return playing(audio, 1, [source]);
}

/** @param loudness of all sources together, as a factor */
function playing(audio: AudioContext, loudness: number, sources: readonly AudioScheduledSourceNode[]): Voice {
  const destination = audio.createMediaStreamDestination();
  destination.channelCount = 1;
  const gain = audio.createGain();
  gain.gain.value = loudness;
  gain.connect(destination);
  for (const source of sources) {
    source.connect(gain);
    source.start();
  }
  const [track] = destination.stream.getAudioTracks();
  if (!track) throw new Error('the audio context gave no track');
  return {
    track,
    setLevel: (level) => gain.gain.setTargetAtTime(level * loudness, audio.currentTime, 0.005),
    stop: () => {
      for (const source of sources) source.stop();
      track.stop();
    },
  };
}
