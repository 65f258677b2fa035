import type { Logger } from '@parley/shared/runtime';
import * as mediasoup from 'mediasoup';

/**
 * Lets what mediasoup and its workers say into the log; on its own it says it only with DEBUG set, and a worker's
 * last words (its stderr) would be lost. Its errors are warnings here: what is an error to us, we log ourselves.
 */
export function forwardMediasoupLog(log: Logger): void {
  mediasoup.setLogEventListeners({
    onwarn: (source, text) => log.debug('mediasoup', { source, text }),
    onerror: (source, text, error) => log.warn('mediasoup', { source, text, ...(error && { error }) }),
  });
}
