/** What a meter has found since `begin()`. */
export interface Silences {
  /** The longest silence of each sound, in ms, in the order of `listenFor`. */
  readonly silencesMs: readonly number[];
  /** The amplitude each sound had when the measurement began; a sound that was not there has next to 0. */
  readonly references: readonly number[];
  /** Audio that passed since `begin()`, and the time that took: the same, unless the machine could not keep up. */
  readonly audioMs: number;
  readonly wallMs: number;
}

/** The longest silence of each of several sounds in a stream; the ground truth of a handover. */
export interface SilenceMeter {
  /** Names the sounds by their partials, in Hz. Wait 0.6 s before `begin()`. */
  listenFor(sounds: readonly (readonly number[])[]): Promise<void>;
  /** Takes the present loudness as the reference and begins anew. */
  begin(): Promise<void>;
  read(): Promise<Silences>;
  close(): void;
}

/**
 * @param audio a context into which `loadSilenceMeter` has been awaited
 * @param source what is listened to
 */
export function createSilenceMeter(audio: BaseAudioContext, source: AudioNode): SilenceMeter {
  const node = new AudioWorkletNode(audio, 'silence-meter', { channelCount: 1, channelCountMode: 'explicit' });
  const mute = audio.createGain();
  mute.gain.value = 0;
  // A node runs only while it leads somewhere.
  source.connect(node).connect(mute).connect(audio.destination);

  let lastId = 0;
  const ask = (message: object): Promise<Pick<Silences, 'silencesMs' | 'references'>> => {
    lastId += 1;
    const id = lastId;
    return new Promise((resolve) => {
      const answer = ({ data }: MessageEvent) => {
        if (data.id !== id) return;
        node.port.removeEventListener('message', answer);
        resolve(data);
      };
      node.port.addEventListener('message', answer);
      node.port.postMessage({ id, ...message });
    });
  };
  node.port.start();

  let begun = { audio: audio.currentTime, wall: performance.now() };
  return {
    async listenFor(sounds) {
      await ask({ listenFor: sounds });
    },
    async begin() {
      await ask({ begin: true });
      begun = { audio: audio.currentTime, wall: performance.now() };
    },
    async read() {
      const { silencesMs, references } = await ask({});
      const audioMs = (audio.currentTime - begun.audio) * 1000;
      return { silencesMs, references, audioMs, wallMs: performance.now() - begun.wall };
    },
    close() {
      source.disconnect(node);
      node.disconnect();
      mute.disconnect();
    },
  };
}

export const loadSilenceMeter = (audio: BaseAudioContext): Promise<void> =>
  audio.audioWorklet.addModule(new URL('./silence-worklet.ts', import.meta.url));
