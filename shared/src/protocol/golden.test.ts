import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type * as v from 'valibot';
import { ParleyError } from './errors.ts';
import { type RoomEvent, RoomEventSchema, SERVER_EVENTS, type ServerEventName } from './events.ts';
import { matchEvents, matchRequests } from './golden-match.ts';
import { parse } from './parse.ts';
import { REQUESTS, type RequestName } from './requests.ts';

/*
 * Messages as they are on the wire, good and bad. A good one must go on being understood, and mean the same; a bad one
 * must be refused with the path of the field that is wrong. Changing one of these changes the protocol.
 */

interface Golden {
  good: unknown[];
  /** The message, and the path of what is wrong with it. */
  bad: [message: unknown, path: string][];
}

const fingerprint = Array(32).fill('0A').join(':');
const dtlsParameters = { role: 'client', fingerprints: [{ algorithm: 'sha-256', value: fingerprint }] };
const rtpParameters = {
  mid: '0',
  codecs: [
    {
      mimeType: 'audio/opus',
      payloadType: 111,
      clockRate: 48_000,
      channels: 2,
      parameters: { minptime: 10, useinbandfec: 1, usedtx: 1 },
      rtcpFeedback: [{ type: 'transport-cc', parameter: '' }],
    },
  ],
  headerExtensions: [{ uri: 'urn:ietf:params:rtp-hdrext:sdes:mid', id: 4, encrypt: false, parameters: {} }],
  encodings: [{ ssrc: 4_294_967_295, dtx: true }],
  rtcp: { cname: 'c', reducedSize: true },
};
const rtpCapabilities = {
  codecs: [{ kind: 'audio', mimeType: 'audio/opus', preferredPayloadType: 100, clockRate: 48_000, channels: 2 }],
  headerExtensions: [{ kind: 'video', uri: 'urn:3gpp:video-orientation', preferredId: 4, direction: 'sendrecv' }],
};
const opus = rtpParameters.codecs[0];
const join = { roomId: 'lobby', name: 'Ann', muted: false, deafened: false, joinId: 'Vq3xT0aZ' };
const resume = { roomId: 'lobby', muted: true, deafened: true, resumeToken: 'a.b', topologyToken: 'c.d' };
const path = { roomId: 'lobby', epoch: 2 };
const someone = { roomId: 'lobby', participantId: 'a' };
const signal = { instance: 'pc-1', description: { type: 'offer', sdp: 'v=0\r\n' } };
const candidate = {
  candidate: 'candidate:1 1 udp 1 192.0.2.1 9 typ host',
  sdpMid: '0',
  sdpMLineIndex: 0,
  usernameFragment: 'u',
};
const produce = { ...path, transportId: 't', rtpParameters, paused: false };
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
const consume = { ...path, producerIds: ['p'], rtpCapabilities };

/** What every message about a room may get wrong. */
const badRoom = (message: object): Golden['bad'] => [
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
const badPath = (message: object): Golden['bad'] => [
  ...badRoom(message),
  [{ ...message, epoch: undefined }, 'epoch'],
  [{ ...message, epoch: '2' }, 'epoch'],
  [{ ...message, epoch: 0 }, 'epoch'],
  [{ ...message, epoch: -1 }, 'epoch'],
  [{ ...message, epoch: 1.5 }, 'epoch'],
  [{ ...message, epoch: Number.NaN }, 'epoch'],
  [{ ...message, epoch: 2 ** 53 }, 'epoch'],
];
const badSelf = (message: object): Golden['bad'] => [
  [{ ...message, muted: undefined }, 'muted'],
  [{ ...message, muted: 0 }, 'muted'],
  [{ ...message, deafened: 'false' }, 'deafened'],
];
const badId = (message: object, key: string): Golden['bad'] => [
  [{ ...message, [key]: undefined }, key],
  [{ ...message, [key]: '' }, key],
  [{ ...message, [key]: 'x'.repeat(65) }, key],
  [{ ...message, [key]: ['t'] }, key],
];
const badIds = (message: object, key: string): Golden['bad'] => [
  [{ ...message, [key]: [] }, key],
  [{ ...message, [key]: 'p' }, key],
  [{ ...message, [key]: Array(257).fill('p') }, key],
  [{ ...message, [key]: ['p', ''] }, `${key}.1`],
];

const grants = { join: true, speak: true, listen: false, moderate: false };
const welcome = { userId: 'guest:a', name: null, grants, expiresAt: null, session: 'a.b' };

const requests: { [R in RequestName]: Golden } = {
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
  'mesh:signal': {
    good: [
      { ...path, to: 'b', signal },
      { ...path, to: 'b', signal: { instance: 'pc-1', candidates: [candidate, { candidate: '' }] } },
      { ...path, to: 'b', signal: { instance: 'pc-1' } },
      {
        ...path,
        to: 'b',
        signal: { instance: 'pc-1', candidates: [{ candidate: '', sdpMid: null, sdpMLineIndex: null }] },
      },
    ],
    bad: [
      ...badPath({ ...path, to: 'b', signal }),
      ...badId({ ...path, signal }, 'to'),
      [{ ...path, to: 'b' }, 'signal'],
      [{ ...path, to: 'b', signal: { ...signal, instance: '' } }, 'signal.instance'],
      [
        { ...path, to: 'b', signal: { ...signal, description: { type: 'pranswer', sdp: '' } } },
        'signal.description.type',
      ],
      [
        { ...path, to: 'b', signal: { ...signal, description: { type: 'offer', sdp: 'x'.repeat(16_385) } } },
        'signal.description.sdp',
      ],
      [{ ...path, to: 'b', signal: { instance: 'i', candidates: Array(33).fill(candidate) } }, 'signal.candidates'],
      [
        { ...path, to: 'b', signal: { instance: 'i', candidates: [{ candidate: 'x'.repeat(1025) }] } },
        'signal.candidates.0.candidate',
      ],
      [
        { ...path, to: 'b', signal: { instance: 'i', candidates: [{ candidate: '', sdpMLineIndex: -1 }] } },
        'signal.candidates.0.sdpMLineIndex',
      ],
    ],
  },
  'sfu:open': { good: [path], bad: badPath(path) },
  'sfu:connect': {
    good: [{ ...path, transportId: 't', dtlsParameters }],
    bad: [
      ...badPath({ ...path, transportId: 't', dtlsParameters }),
      ...badId({ ...path, dtlsParameters }, 'transportId'),
      [{ ...path, transportId: 't', dtlsParameters: { fingerprints: [] } }, 'dtlsParameters.fingerprints'],
      [{ ...path, transportId: 't', dtlsParameters: { ...dtlsParameters, role: 'both' } }, 'dtlsParameters.role'],
      [
        { ...path, transportId: 't', dtlsParameters: { fingerprints: [{ algorithm: 'md5', value: fingerprint }] } },
        'dtlsParameters.fingerprints.0.algorithm',
      ],
      [
        { ...path, transportId: 't', dtlsParameters: { fingerprints: [{ algorithm: 'sha-256', value: 'AB:CD' }] } },
        'dtlsParameters.fingerprints.0.value',
      ],
    ],
  },
  'sfu:restartIce': {
    good: [{ ...path, transportId: 't' }],
    bad: [...badPath({ ...path, transportId: 't' }), ...badId(path, 'transportId')],
  },
  'sfu:produce': {
    good: [
      produce,
      { ...produce, paused: true, rtpParameters: { codecs: [{ ...opus, mimeType: 'audio/OPUS' }], encodings: [{}] } },
    ],
    bad: [
      ...badPath(produce),
      ...badId(produce, 'transportId'),
      [{ ...produce, paused: 1 }, 'paused'],
      [{ ...produce, rtpParameters: undefined }, 'rtpParameters'],
      [{ ...produce, rtpParameters: { ...rtpParameters, codecs: [] } }, 'rtpParameters.codecs'],
      [
        { ...produce, rtpParameters: { ...rtpParameters, codecs: [{ ...opus, mimeType: 'video/VP8' }] } },
        'rtpParameters.codecs.0.mimeType',
      ],
      [
        { ...produce, rtpParameters: { ...rtpParameters, codecs: [{ ...opus, clockRate: 8000 }] } },
        'rtpParameters.codecs.0.clockRate',
      ],
      [
        { ...produce, rtpParameters: { ...rtpParameters, codecs: [{ ...opus, payloadType: 128 }] } },
        'rtpParameters.codecs.0.payloadType',
      ],
      [{ ...produce, rtpParameters: { ...rtpParameters, encodings: [{}, {}] } }, 'rtpParameters.encodings'],
      [
        { ...produce, rtpParameters: { ...rtpParameters, encodings: [{ ssrc: 2 ** 32 }] } },
        'rtpParameters.encodings.0.ssrc',
      ],
    ],
  },
  'sfu:pauseProducer': {
    good: [{ ...path, producerId: 'p', paused: true }],
    bad: [
      ...badPath({ ...path, producerId: 'p', paused: true }),
      ...badId({ ...path, paused: true }, 'producerId'),
      [{ ...path, producerId: 'p' }, 'paused'],
    ],
  },
  'sfu:closeProducer': {
    good: [{ ...path, producerId: 'p' }],
    bad: [...badPath({ ...path, producerId: 'p' }), ...badId(path, 'producerId')],
  },
  'sfu:consume': {
    good: [consume, { ...consume, producerIds: Array(256).fill('p') }],
    bad: [
      ...badPath(consume),
      ...badIds(consume, 'producerIds'),
      [{ ...consume, rtpCapabilities: {} }, 'rtpCapabilities.codecs'],
      [
        { ...consume, rtpCapabilities: { codecs: [{ ...rtpCapabilities.codecs[0], kind: 'video' }] } },
        'rtpCapabilities.codecs.0.kind',
      ],
    ],
  },
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
  ...matchRequests,
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
  'sfu:resumeConsumers': {
    good: [{ ...path, consumerIds: ['c'] }],
    bad: [...badPath({ ...path, consumerIds: ['c'] }), ...badIds(path, 'consumerIds')],
  },
};

const participant = {
  id: 'a',
  userId: 'guest:a',
  name: 'Ann',
  metadata: {},
  muted: false,
  deafened: false,
  silenced: false,
  connection: 'connected',
  canSpeak: true,
  canListen: true,
};
const topology = { phase: 'sfu', epoch: 3, active: { kind: 'sfu', epoch: 2 }, next: null };
const turn = { type: 'topologyChanged', topology, topologyToken: 'c.d', reason: 'completed' };

const roomEvents: { [T in RoomEvent['type']]: Golden } = {
  participantJoined: {
    good: [
      { type: 'participantJoined', participant },
      {
        type: 'participantJoined',
        participant: { ...participant, metadata: { team: 'red', ключ: '' }, canSpeak: false, canListen: false },
      },
    ],
    bad: [
      [{ type: 'participantJoined' }, 'participant'],
      [{ type: 'participantJoined', participant: { ...participant, connection: 'gone' } }, 'participant.connection'],
      [{ type: 'participantJoined', participant: { ...participant, userId: 'a\nb' } }, 'participant.userId'],
      [{ type: 'participantJoined', participant: { ...participant, metadata: { a: 1 } } }, 'participant.metadata.a'],
      [
        {
          type: 'participantJoined',
          participant: { ...participant, metadata: { a: 'x'.repeat(512), b: 'x'.repeat(512) } },
        },
        'participant.metadata',
      ],
      [
        {
          type: 'participantJoined',
          participant: { ...participant, metadata: Object.fromEntries([...Array(17).keys()].map((key) => [key, ''])) },
        },
        'participant.metadata',
      ],
      [{ type: 'participantJoined', participant: { ...participant, canSpeak: undefined } }, 'participant.canSpeak'],
      [{ type: 'participantJoined', participant: { ...participant, silenced: null } }, 'participant.silenced'],
    ],
  },
  participantLeft: {
    good: ['left', 'timeout', 'removed'].map((reason) => ({ type: 'participantLeft', participantId: 'a', reason })),
    bad: [
      [{ type: 'participantLeft', participantId: 'a', reason: 'bored' }, 'reason'],
      [{ type: 'participantLeft', reason: 'left' }, 'participantId'],
    ],
  },
  participantUpdated: {
    good: [{ type: 'participantUpdated', participant: { ...participant, connection: 'reconnecting' } }],
    bad: [[{ type: 'participantUpdated', participant: { ...participant, id: '' } }, 'participant.id']],
  },
  topologyChanged: {
    good: [
      turn,
      {
        ...turn,
        topology: { phase: 'promoting', epoch: 2, active: { kind: 'mesh', epoch: 1 }, next: { kind: 'sfu', epoch: 2 } },
        reason: 'full',
      },
      {
        ...turn,
        topology: { phase: 'moving', epoch: 4, active: { kind: 'sfu', epoch: 2 }, next: { kind: 'sfu', epoch: 4 } },
        reason: 'rebalanced',
      },
    ],
    bad: [
      [{ ...turn, reason: 'whim' }, 'reason'],
      [{ ...turn, topology: { ...topology, phase: 'star' } }, 'topology.phase'],
      [{ ...turn, topology: { ...topology, next: { kind: 'sfu' } } }, 'topology.next.epoch'],
      [{ ...turn, topologyToken: undefined }, 'topologyToken'],
    ],
  },
  producerAdded: {
    good: [{ type: 'producerAdded', producer: { epoch: 2, participantId: 'a', producerId: 'p' } }],
    bad: [[{ type: 'producerAdded', producer: { epoch: 2, participantId: 'a' } }, 'producer.producerId']],
  },
  producerRemoved: {
    good: [{ type: 'producerRemoved', producerId: 'p', participantId: 'a' }],
    bad: [[{ type: 'producerRemoved', producerId: 'p' }, 'participantId']],
  },
  slotsChanged: {
    good: [
      { type: 'slotsChanged', slots: { epoch: 2, producerIds: ['p', 'q'] } },
      { type: 'slotsChanged', slots: { epoch: 2, producerIds: [] } },
    ],
    bad: [
      [{ type: 'slotsChanged' }, 'slots'],
      [{ type: 'slotsChanged', slots: { epoch: 0, producerIds: [] } }, 'slots.epoch'],
      [{ type: 'slotsChanged', slots: { epoch: 2 } }, 'slots.producerIds'],
      [{ type: 'slotsChanged', slots: { epoch: 2, producerIds: ['p', ''] } }, 'slots.producerIds.1'],
    ],
  },
  roomUpdated: {
    good: [
      { type: 'roomUpdated', locked: true, pinned: [] },
      { type: 'roomUpdated', locked: false, pinned: ['a', 'b'] },
    ],
    bad: [
      [{ type: 'roomUpdated', pinned: [] }, 'locked'],
      [{ type: 'roomUpdated', locked: true }, 'pinned'],
      [{ type: 'roomUpdated', locked: true, pinned: ['a', ''] }, 'pinned.1'],
    ],
  },
  healed: { good: [{ type: 'healed' }], bad: [[{ type: 'healing' }, 'type']] },
};

const events: { [E in ServerEventName]: Golden } = {
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
  ...matchEvents,
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
};

function check(schema: v.GenericSchema, { good, bad }: Golden): void {
  for (const message of good) assert.deepEqual(parse(schema, message), message);
  for (const [message, where] of bad) {
    assert.throws(
      () => parse(schema, message),
      (error) => error instanceof ParleyError && error.code === 'invalid_request' && error.path === where,
      `${JSON.stringify(message)?.slice(0, 300)} should be wrong at "${where}"`,
    );
  }
}

describe('golden messages', () => {
  for (const [name, golden] of Object.entries(requests)) {
    test(name, () => check(REQUESTS[name as RequestName].input, golden));
  }
  for (const [type, golden] of Object.entries(roomEvents)) {
    test(`room:event ${type}`, () => check(RoomEventSchema, golden));
  }
  for (const [name, golden] of Object.entries(events)) {
    test(name, () => check(SERVER_EVENTS[name as ServerEventName], golden));
  }

  test('what a schema does not know is dropped, names are trimmed', () => {
    const understood = parse(REQUESTS['room:join'].input, {
      ...join,
      name: '  Ann ',
      admin: true,
      __proto__: { x: 1 },
    });
    assert.deepEqual(understood, join);
    const key = JSON.parse(`{"roomId":"lobby","__proto__":{"polluted":true}}`);
    assert.equal((parse(REQUESTS['room:leave'].input, key) as { polluted?: boolean }).polluted, undefined);
  });
});
