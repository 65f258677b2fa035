/** Sounds with gaps of known length, for the test of the silence meter: rendered offline, to the sample. */
import { createSilenceMeter, loadSilenceMeter } from './silence-meter.ts';

export interface Rehearsal {
  /** The sound that is listened for, and others that go on meanwhile. In Hz. */
  readonly sound: readonly number[];
  readonly others: readonly (readonly number[])[];
  /** Lengths of the gaps, half a second apart. In ms. */
  readonly gapsMs: readonly number[];
  /** Instead of a gap: a crossfade this long to the same sound, so much later. In ms. */
  readonly crossfade?: { readonly fadeMs: number; readonly delayMs: number };
}

const SAMPLE_RATE = 48_000;
const BEGIN_S = 0.8;
const APART_S = 0.5;

/** The longest silence the meter finds, in ms. */
export async function rehearse({ sound, others, gapsMs, crossfade }: Rehearsal): Promise<number> {
  const length = BEGIN_S + APART_S * (gapsMs.length + 2);
  const audio = new OfflineAudioContext(1, length * SAMPLE_RATE, SAMPLE_RATE);
  await loadSilenceMeter(audio);
  const mix = audio.createGain();

  const addChord = (frequencies: readonly number[], into: AudioNode) => {
    for (const frequency of frequencies) {
      const oscillator = audio.createOscillator();
      const gain = audio.createGain();
      oscillator.frequency.value = frequency;
      gain.gain.value = 0.3 / frequencies.length;
      oscillator.connect(gain).connect(into);
      oscillator.start();
    }
  };
  const first = audio.createGain();
  addChord(sound, first);
  first.connect(mix);
  for (const other of others) addChord(other, mix);
  for (const [index, gapMs] of gapsMs.entries()) {
    const at = BEGIN_S + APART_S * (index + 1);
    first.gain.setValueAtTime(0, at);
    first.gain.setValueAtTime(1, at + gapMs / 1000);
  }
  if (crossfade) {
    const at = BEGIN_S + APART_S;
    const late = audio.createDelay(1);
    late.delayTime.value = crossfade.delayMs / 1000;
    const second = audio.createGain();
    addChord(sound, late);
    late.connect(second).connect(mix);
    second.gain.setValueAtTime(0, 0);
    for (const [node, from, to] of [
      [first, 1, 0],
      [second, 0, 1],
    ] as const) {
      node.gain.setValueAtTime(from, at);
      node.gain.linearRampToValueAtTime(to, at + crossfade.fadeMs / 1000);
    }
  }

  const meter = createSilenceMeter(audio, mix);
  await meter.listenFor([sound]);
  // Rendering waits there until the meter has begun.
  const begun = audio.suspend(BEGIN_S).then(async () => {
    await meter.begin();
    await audio.resume();
  });
  await Promise.all([audio.startRendering(), begun]);
  const [silenceMs = Number.NaN] = (await meter.read()).silencesMs;
  return silenceMs;
}
