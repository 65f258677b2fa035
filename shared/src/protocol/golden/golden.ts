/** Messages as they are on the wire, good and bad; golden.test.ts tells what they are for. */
export interface Golden {
  good: unknown[];
  /** The message, and the path of what is wrong with it. */
  bad: [message: unknown, path: string][];
}

export const path = { roomId: 'lobby', epoch: 2 };
export const signal = { instance: 'pc-1', description: { type: 'offer', sdp: 'v=0\r\n' } };

/** What every message about a room may get wrong. */
export const badRoom = (message: object): Golden['bad'] => [
  [undefined, ''],
  [null, ''],
  ['lobby', ''],
  [[], 'roomId'],
  [{ ...message, roomId: undefined }, 'roomId'],
  [{ ...message, roomId: 7 }, 'roomId'],
  [{ ...message, roomId: '' }, 'roomId'],
  [{ ...message, roomId: ' \t' }, 'roomId'],
  [{ ...message, roomId: 'a\u0007b' }, 'roomId'],
  [{ ...message, roomId: 'x'.repeat(65) }, 'roomId'],
];
/** What every message about a path may get wrong, too. */
export const badPath = (message: object): Golden['bad'] => [
  ...badRoom(message),
  [{ ...message, epoch: undefined }, 'epoch'],
  [{ ...message, epoch: '2' }, 'epoch'],
  [{ ...message, epoch: 0 }, 'epoch'],
  [{ ...message, epoch: -1 }, 'epoch'],
  [{ ...message, epoch: 1.5 }, 'epoch'],
  [{ ...message, epoch: Number.NaN }, 'epoch'],
  [{ ...message, epoch: 2 ** 53 }, 'epoch'],
];
export const badSelf = (message: object): Golden['bad'] => [
  [{ ...message, muted: undefined }, 'muted'],
  [{ ...message, muted: 0 }, 'muted'],
  [{ ...message, deafened: 'false' }, 'deafened'],
];
export const badId = (message: object, key: string): Golden['bad'] => [
  [{ ...message, [key]: undefined }, key],
  [{ ...message, [key]: '' }, key],
  [{ ...message, [key]: 'x'.repeat(65) }, key],
  [{ ...message, [key]: ['t'] }, key],
];
export const badIds = (message: object, key: string): Golden['bad'] => [
  [{ ...message, [key]: [] }, key],
  [{ ...message, [key]: 'p' }, key],
  [{ ...message, [key]: Array(257).fill('p') }, key],
  [{ ...message, [key]: ['p', ''] }, `${key}.1`],
];
