import { badPath, type Golden, path, signal } from './golden.ts';

const grants = { join: true, speak: true, listen: false, moderate: false };
const welcome = { userId: 'guest:a', name: null, grants, expiresAt: null, session: 'a.b' };

/** What the server says beside `room:event`s. */
export const events = {
  'app:event': {
    good: [
      { name: 'gift', data: null },
      { name: 'shop.gift:sent-1', data: { from: 'ann', worth: [1, 2] }, roomId: 'lobby' },
      { name: 'x'.repeat(64), data: 'x'.repeat(16_382) },
    ],
    bad: [
      [{ data: 1 }, 'name'],
      [{ name: '', data: 1 }, 'name'],
      [{ name: 'a b', data: 1 }, 'name'],
      [{ name: 'x'.repeat(65), data: 1 }, 'name'],
      [{ name: 'gift' }, 'data'],
      [{ name: 'gift', data: undefined }, 'data'],
      [{ name: 'gift', data: 'x'.repeat(16_383) }, 'data'],
      [{ name: 'gift', data: 'ä'.repeat(8_192) }, 'data'],
      [{ name: 'gift', data: 1, roomId: '' }, 'roomId'],
    ],
  },
  'session:welcome': {
    good: [welcome, { ...welcome, userId: 'ann', name: 'Ann', expiresAt: 1_700_000_000_000, session: null }],
    bad: [
      [{ ...welcome, userId: '' }, 'userId'],
      [{ ...welcome, name: undefined }, 'name'],
      [{ ...welcome, grants: { ...grants, moderate: 1 } }, 'grants.moderate'],
      [{ ...welcome, expiresAt: 'soon' }, 'expiresAt'],
      [{ ...welcome, session: '' }, 'session'],
    ],
  },
  'session:expiring': {
    good: [{ expiresAt: 1_700_000_000_000 }],
    bad: [
      [{ expiresAt: null }, 'expiresAt'],
      [{ expiresAt: -1 }, 'expiresAt'],
    ],
  },
  'session:closed': {
    good: [
      { code: 'token_expired', message: 'The access token has expired.' },
      { code: 'replaced', message: '' },
    ],
    bad: [
      [{ code: 'whim', message: '' }, 'code'],
      [{ code: 'replaced' }, 'message'],
    ],
  },
  'room:event': {
    good: [{ roomId: 'lobby', seq: 0, event: { type: 'healed' } }],
    bad: [
      [{ roomId: 'lobby', seq: -1, event: { type: 'healed' } }, 'seq'],
      [{ roomId: 'lobby', seq: 1 }, 'event'],
      [{ roomId: 'lobby', seq: 1, event: { type: 'participantJoined', participant: {} } }, 'event.participant.id'],
    ],
  },
  'mesh:signal': {
    good: [{ ...path, from: 'a', signal }],
    bad: [
      [{ ...path, signal }, 'from'],
      [{ ...path, from: 'a', signal: {} }, 'signal.instance'],
    ],
  },
  'presence:changed': {
    good: [
      { watchId: 'everyone', seq: 4, online: [], offline: [], total: 7 },
      { watchId: '3', seq: 1, online: [{ userId: 'ann', rooms: ['lobby'] }], offline: ['ben'], total: 1 },
    ],
    bad: [
      [{ watchId: '3', seq: 1, online: [{ userId: 'ann' }], offline: [], total: 1 }, 'online.0.rooms'],
      [{ watchId: '3', seq: 1, online: [], offline: [''], total: 1 }, 'offline.0'],
      [{ watchId: '3', seq: 1.5, online: [], offline: [], total: 1 }, 'seq'],
      [{ watchId: '3', seq: 1, online: [], offline: [], total: -1 }, 'total'],
    ],
  },
  'session:move': {
    good: [{ withinMs: 0 }, { withinMs: 5_000 }],
    bad: [
      [{}, 'withinMs'],
      [{ withinMs: -1 }, 'withinMs'],
      [{ withinMs: 0.5 }, 'withinMs'],
      [{ withinMs: '5000' }, 'withinMs'],
    ],
  },
  'sfu:lost': {
    good: [path],
    bad: badPath(path),
  },
  'room:closed': {
    good: [{ roomId: 'lobby', code: 'conflict', message: 'Entered again elsewhere.' }],
    bad: [[{ roomId: 'lobby', code: 'boredom', message: '' }, 'code']],
  },
} satisfies Record<string, Golden>;
