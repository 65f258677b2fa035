import { badId, badPath, badRoom, badSelf, type Golden, path } from './golden.ts';

export const join = { roomId: 'lobby', name: 'Ann', muted: false, deafened: false, joinId: 'Vq3xT0aZ' };
const resume = { roomId: 'lobby', muted: true, deafened: true, resumeToken: 'a.b', topologyToken: 'c.d' };
const someone = { roomId: 'lobby', participantId: 'a' };
const report = {
  roomId: 'lobby',
  path: 'mesh',
  mos: 4.2,
  rtt: 35.5,
  jitter: 4,
  jitterBuffer: 60,
  loss: 0.01,
  sendBitrate: 32_000,
  receiveBitrate: 64_000,
  firstAudioMs: 700,
  attempts: [{ path: 'mesh', outcome: 'connected', ms: 340 }],
};

/** Requests about the session, rooms, presence, quality. */
export const requests = {
  'session:ping': { good: [{}], bad: [[undefined, '']] },
  'session:refresh': {
    good: [{ token: 'a.b.c' }, { token: 'x'.repeat(8192) }],
    bad: [
      [undefined, ''],
      [{}, 'token'],
      [{ token: '' }, 'token'],
      [{ token: 'x'.repeat(8193) }, 'token'],
      [{ token: ['a'] }, 'token'],
    ],
  },
  'ice:servers': {
    good: [{}],
    bad: [
      [undefined, ''],
      [null, ''],
      ['lobby', ''],
    ],
  },
  'room:join': {
    good: [
      join,
      { ...join, roomId: 'match:x', pass: 'a.b' },
      { ...join, roomId: '👋'.repeat(64), name: 'Änn 🎙️ O’Brien', joinId: 'x'.repeat(64) },
    ],
    bad: [
      ...badRoom(join),
      ...badSelf(join),
      [{ ...join, name: 'a\u202eb' }, 'name'],
      [{ ...join, name: 'x'.repeat(65) }, 'name'],
      [{ ...join, name: '\ud800' }, 'name'],
      [{ ...join, joinId: undefined }, 'joinId'],
      [{ ...join, joinId: 'short' }, 'joinId'],
      [{ ...join, joinId: 'x'.repeat(65) }, 'joinId'],
      [{ ...join, pass: '' }, 'pass'],
      [{ ...join, pass: 'x'.repeat(2049) }, 'pass'],
    ],
  },
  'room:resume': {
    good: [resume],
    bad: [
      ...badRoom(resume),
      ...badSelf(resume),
      [{ ...resume, resumeToken: '' }, 'resumeToken'],
      [{ ...resume, resumeToken: 'x'.repeat(2049) }, 'resumeToken'],
      [{ ...resume, topologyToken: null }, 'topologyToken'],
    ],
  },
  'room:leave': { good: [{ roomId: 'lobby' }], bad: badRoom({}) },
  'room:snapshot': { good: [{ roomId: 'lobby' }], bad: badRoom({}) },
  'room:ready': { good: [path, { ...path, epoch: 2 ** 53 - 1 }], bad: badPath(path) },
  'room:requestSfu': {
    good: [
      { ...path, reason: 'no_direct_path' },
      { ...path, reason: 'weak_uplink' },
    ],
    bad: [...badPath({ ...path, reason: 'weak_uplink' }), [path, 'reason'], [{ ...path, reason: 'whim' }, 'reason']],
  },
  'self:update': {
    good: [{ roomId: 'lobby', muted: true, deafened: false }],
    bad: [...badRoom({ muted: true, deafened: false }), ...badSelf({ roomId: 'lobby', muted: true, deafened: false })],
  },
  'moderate:mute': {
    good: [true, false].map((silenced) => ({ ...someone, silenced })),
    bad: [
      ...badRoom({ ...someone, silenced: true }),
      ...badId({ ...someone, silenced: true }, 'participantId'),
      [someone, 'silenced'],
      [{ ...someone, silenced: 1 }, 'silenced'],
    ],
  },
  'moderate:remove': {
    good: [someone, { ...someone, banMs: 1 }, { ...someone, banMs: 31_536_000_000 }],
    bad: [
      ...badRoom(someone),
      ...badId(someone, 'participantId'),
      ...[0, -1, 1.5, Number.NaN, 31_536_000_001, '60000', null].map((banMs): [unknown, string] => [
        { ...someone, banMs },
        'banMs',
      ]),
    ],
  },
  'moderate:pin': {
    good: [true, false].map((pinned) => ({ ...someone, pinned })),
    bad: [
      ...badRoom({ ...someone, pinned: true }),
      ...badId({ roomId: 'lobby', pinned: true }, 'participantId'),
      [someone, 'pinned'],
      [{ ...someone, pinned: 1 }, 'pinned'],
    ],
  },
  'room:lock': {
    good: [true, false].map((locked) => ({ roomId: 'lobby', locked })),
    bad: [
      ...badRoom({ locked: true }),
      [{ roomId: 'lobby' }, 'locked'],
      [{ roomId: 'lobby', locked: 'yes' }, 'locked'],
    ],
  },
  'room:end': { good: [{ roomId: 'lobby' }], bad: badRoom({}) },
  'presence:watch': {
    good: [{}, { userIds: ['ann'] }, { userIds: Array(200).fill('guest:x') }],
    bad: [
      [undefined, ''],
      [{ userIds: null }, 'userIds'],
      [{ userIds: [] }, 'userIds'],
      [{ userIds: Array(201).fill('u') }, 'userIds'],
      [{ userIds: ['ann', ''] }, 'userIds.1'],
      [{ userIds: ['a\nb'] }, 'userIds.0'],
      [{ userIds: [7] }, 'userIds.0'],
    ],
  },
  'presence:unwatch': {
    good: [{ watchId: 'everyone' }],
    bad: [...badId({}, 'watchId'), [null, '']],
  },
  'quality:report': {
    good: [
      report,
      { ...report, epoch: 2, path: 'sfu', attempts: [] },
      {
        ...report,
        ...{ mos: null, rtt: null, jitter: null, jitterBuffer: null, loss: null },
        ...{ sendBitrate: null, receiveBitrate: null, firstAudioMs: null },
      },
      { ...report, attempts: Array(32).fill(report.attempts[0]) },
      { ...report, handovers: [{ from: 'mesh', to: 'sfu', silenceMs: 0 }] },
    ],
    bad: [
      ...badRoom(report),
      [{ ...report, path: 'moon' }, 'path'],
      [{ ...report, epoch: 0 }, 'epoch'],
      [{ ...report, mos: 0.9 }, 'mos'],
      [{ ...report, mos: 5.1 }, 'mos'],
      [{ ...report, mos: Number.NaN }, 'mos'],
      [{ ...report, rtt: -1 }, 'rtt'],
      [{ ...report, rtt: Number.POSITIVE_INFINITY }, 'rtt'],
      [{ ...report, jitter: '4' }, 'jitter'],
      [{ ...report, jitterBuffer: undefined }, 'jitterBuffer'],
      [{ ...report, loss: 1.01 }, 'loss'],
      [{ ...report, sendBitrate: 2e9 }, 'sendBitrate'],
      [{ ...report, receiveBitrate: [] }, 'receiveBitrate'],
      [{ ...report, firstAudioMs: 600_001 }, 'firstAudioMs'],
      [{ ...report, attempts: undefined }, 'attempts'],
      [{ ...report, handovers: [{ from: 'sfu', to: 'sfu', silenceMs: -1 }] }, 'handovers.0.silenceMs'],
      [{ ...report, handovers: Array(9).fill({ from: 'sfu', to: 'sfu', silenceMs: 1 }) }, 'handovers'],
      [{ ...report, attempts: Array(33).fill(report.attempts[0]) }, 'attempts'],
      [{ ...report, attempts: [{ path: 'sfu', outcome: 'Ann', ms: 1 }] }, 'attempts.0.outcome'],
      [{ ...report, attempts: [{ path: 'sfu', outcome: 'failed', ms: -1 }] }, 'attempts.0.ms'],
    ],
  },
} satisfies Record<string, Golden>;
