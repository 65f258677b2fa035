import { ERROR_CODES, REQUEST_NAMES } from '@parley/shared/protocol';
import type { Instruments } from './instruments.ts';

/** What clients ask, and what they are told. */
export class RequestMetrics {
  #answered: (values: { request: string; code: string }) => void;

  constructor(instruments: Instruments) {
    this.#answered = instruments.counter({
      name: 'parley_requests_total',
      help: 'Requests of clients by name and result: ok, or the code of the error',
      labels: { request: [...REQUEST_NAMES, 'unknown'], code: ['ok', ...ERROR_CODES] },
    });
  }

  answered(request: string, code: string): void {
    this.#answered({ request, code });
  }
}
