import type { RedisLink } from './link.ts';

/** The hash of a room, and the name of its channel. All that is of one room is on one node of a Redis Cluster. */
export function roomKey(link: Pick<RedisLink, 'key'>, roomId: string): string {
  return link.key(`{room:${roomId}}`);
}

/** What the room has said to the outside world. */
export function outboxKey(link: Pick<RedisLink, 'key'>, roomId: string): string {
  return `${roomKey(link, roomId)}:outbox`;
}
