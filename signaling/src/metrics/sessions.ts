import { ERROR_CODES, type ErrorCode } from '@parley/shared/protocol';
import type { Instruments } from './instruments.ts';

/** Who was let in, and whose session the server ended. */
export class SessionMetrics {
  #handshakes: (values: { result: string }) => void;
  #ended: (values: { code: string }) => void;

  constructor(instruments: Instruments) {
    this.#handshakes = instruments.counter({
      name: 'parley_handshakes_total',
      help: 'Clients that introduced themselves, by result: ok, or the code of the refusal',
      labels: { result: ['ok', ...ERROR_CODES] },
    });
    this.#ended = instruments.counter({
      name: 'parley_sessions_ended_total',
      help: 'Sessions that the server ended for good, by reason',
      labels: { code: ERROR_CODES },
    });
  }

  introduced(result: 'ok' | ErrorCode): void {
    this.#handshakes({ result });
  }

  ended(code: ErrorCode): void {
    this.#ended({ code });
  }
}
