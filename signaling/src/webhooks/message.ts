import type { WebhookEvent } from '@parley/shared/webhooks';
import type { NumberedHook } from '../rooms/index.ts';

/** A hook of a room as its receivers get it. */
export function messageOf(roomId: string, { stream, seq, at, hook }: NumberedHook): string {
  const { type, ...data } = hook;
  const event = { id: `${stream}.${seq}`, type, roomId, incarnation: stream, seq, at, data } as WebhookEvent;
  return JSON.stringify(event);
}
