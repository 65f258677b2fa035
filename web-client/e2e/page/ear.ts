/** Listens to a stream and tells which sines are in it. */
export interface Ear {
  /** The level of each frequency, in dBFS; -Infinity if there is none at all. */
  levels(frequencies: readonly number[]): number[];
  close(): void;
}

const FFT_SIZE = 16_384;
/** Opus and resampling leave a sine within this share of its frequency. */
const TOLERANCE = 0.01;

export function createEar(audio: AudioContext, stream: MediaStream): Ear {
  const source = audio.createMediaStreamSource(stream);
  const analyser = audio.createAnalyser();
  analyser.fftSize = FFT_SIZE;
  analyser.smoothingTimeConstant = 0;
  source.connect(analyser);
  const spectrum = new Float32Array(analyser.frequencyBinCount);
  const hertzPerBin = audio.sampleRate / FFT_SIZE;
  return {
    levels(frequencies) {
      analyser.getFloatFrequencyData(spectrum);
      return frequencies.map((frequency) => {
        const reach = Math.max(2, Math.ceil((frequency * TOLERANCE) / hertzPerBin));
        const middle = Math.round(frequency / hertzPerBin);
        return Math.max(...spectrum.subarray(middle - reach, middle + reach + 1));
      });
    },
    close: () => source.disconnect(),
  };
}
