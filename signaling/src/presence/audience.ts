import type { ServerEvent } from '@parley/shared/protocol';

export type PresenceChanged = ServerEvent<'presence:changed'>;

/** The connections of this node, for those who watch from them. Whoever is too far behind may miss an event, and sees the gap. */
export interface PresenceAudience {
  tell(connectionId: string, event: PresenceChanged): void;
  /** From now on, `tellAll` reaches this connection too, until `dismiss` or its end. */
  admit(connectionId: string): void;
  dismiss(connectionId: string): void;
  tellAll(event: PresenceChanged): void;
}
