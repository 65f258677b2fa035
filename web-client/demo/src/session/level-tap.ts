/** Measures how loud a stream is. Owns the stream: closing stops its tracks. */
export class LevelTap {
  readonly #stream: MediaStream;
  readonly #context = new AudioContext();
  readonly #analyser: AnalyserNode;
  readonly #samples: Float32Array<ArrayBuffer>;

  constructor(stream: MediaStream) {
    this.#stream = stream;
    this.#analyser = this.#context.createAnalyser();
    this.#analyser.fftSize = 1024;
    this.#samples = new Float32Array(this.#analyser.fftSize);
    this.#context.createMediaStreamSource(stream).connect(this.#analyser);
  }

  /** RMS of the last 20 ms or so, 0 to 1. */
  readonly read = (): number => {
    // A page that was not clicked yet may have to start it later.
    if (this.#context.state === 'suspended') void this.#context.resume().catch(() => {});
    this.#analyser.getFloatTimeDomainData(this.#samples);
    let sum = 0;
    for (const sample of this.#samples) sum += sample * sample;
    return Math.min(1, Math.sqrt(sum / this.#samples.length));
  };

  close(): void {
    for (const track of this.#stream.getTracks()) track.stop();
    void this.#context.close().catch(() => {});
  }
}
