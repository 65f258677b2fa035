import { ParleyError } from '@parley/shared/protocol';
import type { Outcome, Result, RoomInput, RoomState, SfuContents, SfuHandle } from '../rooms/index.ts';
import type { Adoptions } from './adoptions.ts';
import type { Ledger } from './ledger.ts';
import type { Preparation, Preparations } from './preparations.ts';

/** What was found out so far. Undefined: not asked yet; null: asked in vain. */
export interface Findings {
  sfu: SfuHandle | null | undefined;
  /** By SFU room. */
  contents: Readonly<Record<string, SfuContents | null>>;
}

/** The input, or what has to be found out before there can be one. */
export type Decision = RoomInput | { need: 'sfu' } | { need: 'contents'; of: SfuHandle };

/** How often the room may change under a decision before we give up. */
const ATTEMPTS = 5;

/**
 * Commits a decision that may need an SFU's help. The room does not stand still while an SFU is asked, so the decision
 * is taken anew with each finding; an SFU room that was opened and then not needed is closed again.
 * @throws {ParleyError} with the code of the refusal
 */
export class Deliberation {
  #ledger: Ledger;
  #preparations: Preparations;
  #adoptions: Adoptions;

  constructor(options: { ledger: Ledger; preparations: Preparations; adoptions: Adoptions }) {
    this.#ledger = options.ledger;
    this.#preparations = options.preparations;
    this.#adoptions = options.adoptions;
  }

  /** @param region where those are for whom an SFU is needed */
  async commit(
    roomId: string,
    decide: (state: RoomState | null, findings: Findings) => Decision,
    region?: string | undefined,
  ): Promise<Outcome> {
    let preparation: Preparation | undefined;
    const contents: Record<string, SfuContents | null> = {};
    let used = false;
    try {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        let decision: Decision | undefined;
        const outcome = await this.#ledger.commit(roomId, (state) => {
          decision = decide(state, { sfu: preparation?.handle, contents });
          return 'need' in decision ? null : decision;
        });
        if (outcome) {
          used = outcome.result.ok && outcome.result.usedSfu;
          if (!outcome.result.ok) throw refusalOf(outcome.result);
          return outcome;
        }
        if (!decision || !('need' in decision)) break;
        if (decision.need === 'contents') {
          contents[decision.of.sfuRoomId] = await this.#adoptions.adopt(decision.of);
        } else preparation ??= await this.#preparations.prepare(roomId, { region });
      }
      throw new ParleyError('sfu_unavailable');
    } finally {
      preparation?.release(used);
    }
  }
}

function refusalOf({ code, retryAfterMs }: Extract<Result, { ok: false }>): ParleyError {
  return new ParleyError(code, undefined, { retryAfterMs });
}
