/** The bots' page: several people who join rooms and talk when told to. `window.bots` is what bots.ts calls. */
import type { Room, VoiceClient } from '@parley/voice-sdk';
import { createTalker, type Talker } from './speech.ts';

type Sdk = typeof import('@parley/voice-sdk');

interface Bot {
  readonly client: VoiceClient;
  readonly room: Room;
  readonly talker: Talker;
  readonly pushToTalk: boolean;
}

export class Bots {
  readonly #sdk: Sdk;
  readonly #audio: AudioContext;
  readonly #say: (words: string) => void;
  readonly #bots = new Map<string, Bot>();

  /** @param say gets what a person at the terminal should know */
  constructor(sdk: Sdk, audio: AudioContext, say: (words: string) => void) {
    this.#sdk = sdk;
    this.#audio = audio;
    this.#say = say;
  }

  /**
   * @param pushToTalk microphones are muted between phrases
   * @returns null, or in words why it failed
   */
  async join(name: string, pitch: number, roomId: string, pushToTalk: boolean): Promise<string | null> {
    const talker = createTalker(this.#audio, pitch);
    const client = new this.#sdk.VoiceClient({ name });
    try {
      const room = await client.join(roomId, { microphone: talker.track, muted: pushToTalk });
      this.#bots.set(name, { client, room, talker, pushToTalk });
      room.on('closed', ({ code, message }) => {
        if (code !== 'left') this.#say(`${name} is out: ${message} (${code})`);
        this.#bots.delete(name);
        talker.stop();
      });
      return null;
    } catch (error) {
      talker.stop();
      await client.close();
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** Tells when the room of this bot changes between mesh and SFU. */
  watch(name: string): void {
    const room = this.#bots.get(name)?.room;
    room?.on('topologyChanged', (topology) => {
      const how = topology === 'sfu' ? 'goes through the SFU now' : 'is peer to peer again';
      this.#say(`The call ${how} (${room.participants.size} people).`);
    });
  }

  /** Says one phrase; false if the bot is not in the room. */
  async talk(name: string, seconds: number): Promise<boolean> {
    const bot = this.#bots.get(name);
    if (!bot) return false;
    const { room, talker, pushToTalk } = bot;
    if (pushToTalk) room.setMuted(false);
    await talker.say(seconds);
    if (pushToTalk) room.setMuted(true);
    return true;
  }

  async leaveAll(): Promise<void> {
    await Promise.all(
      [...this.#bots.values()].map(async ({ room, client }) => {
        await room.leave();
        await client.close();
      }),
    );
  }
}

declare global {
  interface Window {
    bots?: Bots;
    /** Given by bots.ts: prints at the terminal. */
    sayAtTerminal?: (words: string) => Promise<void>;
  }
}

const sdkPath = '/sdk/parley-voice.js';
const audio = new AudioContext({ sampleRate: 48_000 });
await audio.resume();
window.bots = new Bots((await import(sdkPath)) as Sdk, audio, (words) => void window.sayAtTerminal?.(words));
