import { badId, badIds, badPath, type Golden, path, signal } from './golden.ts';

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
const candidate = {
  candidate: 'candidate:1 1 udp 1 192.0.2.1 9 typ host',
  sdpMid: '0',
  sdpMLineIndex: 0,
  usernameFragment: 'u',
};
const produce = { ...path, transportId: 't', rtpParameters, paused: false };
const consume = { ...path, producerIds: ['p'], rtpCapabilities };

/** Requests about media. */
export const mediaRequests = {
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
  'sfu:resumeConsumers': {
    good: [{ ...path, consumerIds: ['c'] }],
    bad: [...badPath({ ...path, consumerIds: ['c'] }), ...badIds(path, 'consumerIds')],
  },
} satisfies Record<string, Golden>;
