import { ERROR_CODES } from '@parley/shared/protocol';
import { ROUTES } from '../http/admin/routes.ts';
import type { Instruments } from './instruments.ts';

/** What operators ask over the admin API. */
export class AdminMetrics {
  #answered: (values: { route: string; code: string }) => void;

  constructor(instruments: Instruments) {
    this.#answered = instruments.counter({
      name: 'parley_admin_requests_total',
      help: 'Requests to the admin API by route and result: ok, or the code of the error',
      labels: { route: [...new Set(ROUTES.map(({ path }) => path)), 'unknown'], code: ['ok', ...ERROR_CODES] },
    });
  }

  answered(route: string | null, code: string): void {
    this.#answered({ route: route ?? 'unknown', code });
  }
}
