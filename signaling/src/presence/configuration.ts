import { oneOf, whole } from '@parley/shared/runtime/environment';
import * as v from 'valibot';

const MS = 'milliseconds';

export const presenceSettings = {
  /** Whether clients may watch who is online and in which rooms. */
  PRESENCE: v.optional(oneOf('PRESENCE', ['on', 'off']), 'on'),
  /** Changes of presence are told together, this long after the first. */
  PRESENCE_INTERVAL_MS: v.optional(whole('PRESENCE_INTERVAL_MS', 250, 1_000, MS), '500'),
  /** How long someone whose connection dropped, or whose node died, still counts as online. */
  PRESENCE_GRACE_MS: v.optional(whole('PRESENCE_GRACE_MS', 0, 600_000, MS), '10000'),
};

export type PresenceSettings = Readonly<{ isOn: boolean; intervalMs: number; graceMs: number }>;

/** @param read the settings above, read */
export function presenceOf(read: {
  PRESENCE: 'on' | 'off';
  PRESENCE_INTERVAL_MS: number;
  PRESENCE_GRACE_MS: number;
}): PresenceSettings {
  return Object.freeze({
    isOn: read.PRESENCE === 'on',
    intervalMs: read.PRESENCE_INTERVAL_MS,
    graceMs: read.PRESENCE_GRACE_MS,
  });
}
