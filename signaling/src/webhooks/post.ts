import type { Clock } from '@parley/shared/runtime';
import { SIGNATURE_HEADER, signWebhook } from '@parley/shared/webhooks';

/** How one attempt went: accepted (2xx), answered otherwise, or not answered in time. */
export type Attempt = { result: 'delivered' } | { result: 'refused'; status: number } | { result: 'unreachable' };

export interface PostOptions {
  url: string;
  secret: string;
  deadlineMs: number;
  clock: Clock;
  /** Ends the attempt from outside. */
  signal: AbortSignal;
}

/** Makes one attempt. Redirects are not followed: nobody but the operator says where events go. Never throws. */
export async function post(body: string, { url, secret, deadlineMs, clock, signal }: PostOptions): Promise<Attempt> {
  const deadline = new AbortController();
  const timer = clock.after(deadlineMs, () => deadline.abort());
  try {
    const response = await fetch(url, {
      method: 'POST',
      redirect: 'manual',
      headers: {
        'Content-Type': 'application/json',
        'User-Agent': 'Parley-Webhooks/1',
        [SIGNATURE_HEADER]: signWebhook(body, secret, clock.now()),
      },
      body,
      signal: AbortSignal.any([deadline.signal, signal]),
    });
    // Whatever it has to say besides is not read.
    await response.body?.cancel().catch(() => {});
    return response.ok ? { result: 'delivered' } : { result: 'refused', status: response.status };
  } catch {
    return { result: 'unreachable' };
  } finally {
    clock.cancel(timer);
  }
}
