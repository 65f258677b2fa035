import type { JoinOptions, MatchOptions, VoiceClientOptions } from '@parley/voice-sdk';
import { FakeMatch } from './match.ts';
import { FakeRoom } from './room.ts';
import { scenarioOf } from './scenario.ts';

/** Stands in for the SDK's entry in design work: the same names, nothing behind them. */
export class VoiceError extends Error {
  readonly code: string;
  readonly retryable = true;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

// The page rewrites its address when it enters a room.
const query = new URLSearchParams(location.search);

export class VoiceClient {
  readonly user = { grants: { moderate: query.get('moderator') === '1' } };
  readonly #options: VoiceClientOptions;
  #room: FakeRoom | undefined;

  constructor(options: VoiceClientOptions) {
    this.#options = options;
  }

  async join(roomId: string, options: JoinOptions = {}): Promise<FakeRoom> {
    const scenario = scenarioOf(query);
    await new Promise<void>((done) => {
      if (!scenario.flags.has('slow')) setTimeout(done, 250);
    });
    if (scenario.fail?.endsWith('Error') && options.microphone !== false) {
      throw new DOMException('the browser says no', scenario.fail);
    }
    if (scenario.fail && !scenario.fail.endsWith('Error')) {
      throw new VoiceError(scenario.fail, `The server says: ${scenario.fail}.`);
    }
    this.#room = new FakeRoom(roomId, this.#options.name, options, scenario);
    return this.#room;
  }

  match(options: MatchOptions): FakeMatch {
    return new FakeMatch(this.#options.name, options, scenarioOf(query));
  }

  async close(): Promise<void> {
    await this.#room?.leave();
  }
}
