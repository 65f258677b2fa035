import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DtlsParametersSchema, RtpCapabilitiesSchema, RtpParametersSchema } from '@parley/shared/media';
import fc from 'fast-check';
import * as v from 'valibot';
import type { ControlLink } from '../testing/link.ts';
import { opusRtp, TestPeer } from '../testing/media.ts';
import { startTestSfu } from '../testing/sfu.ts';

/*
 * The schemas let through more than any browser sends. Whatever that is, the worker, which is C++ and carries
 * everybody's call, must answer and live, and nothing of it may count as a fault of this server.
 */

const ROOM = 'lobby#1';
const RUNS = 300;

const text = fc.oneof(fc.string({ maxLength: 16 }), fc.string({ unit: 'binary', maxLength: 16 }));
const value = fc.oneof(
  { weight: 20, arbitrary: fc.oneof(text, fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true })) },
  { weight: 1, arbitrary: fc.boolean() },
);
const parameters = fc.dictionary(text, value, { maxKeys: 4 });
const known = fc.constantFrom(
  'urn:ietf:params:rtp-hdrext:sdes:mid',
  'urn:ietf:params:rtp-hdrext:ssrc-audio-level',
  'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time',
  'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
  'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id',
);
/** Mostly what mediasoup knows: what it does not, its JavaScript refuses before the worker has seen it. */
const uri = fc.oneof({ weight: 50, arbitrary: known }, { weight: 1, arbitrary: text });
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const payloadType = fc.integer({ min: 0, max: 127 });
const ssrc = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 0xffff_ffff }));
const rtcpFeedback = fc.array(fc.record({ type: text, parameter: optional(text) }), { maxLength: 3 });
const codec = {
  mimeType: fc.constantFrom('audio/opus', 'audio/OPUS'),
  clockRate: fc.constant(48_000 as const),
  channels: fc.oneof(
    { weight: 20, arbitrary: fc.constant(2) },
    { weight: 1, arbitrary: fc.constantFrom(1, undefined) },
  ),
  parameters: optional(parameters),
  rtcpFeedback: optional(rtcpFeedback),
};
const rtpParameters = fc.record({
  mid: optional(fc.string({ maxLength: 32 })),
  msid: optional(text),
  codecs: fc.array(fc.record({ ...codec, payloadType }), { minLength: 1, maxLength: 4 }),
  headerExtensions: optional(
    fc.array(
      fc.record({
        uri,
        id: fc.integer({ min: 1, max: 255 }),
        encrypt: optional(fc.boolean()),
        parameters: optional(parameters),
      }),
      { maxLength: 16 },
    ),
  ),
  encodings: fc.tuple(
    fc.record({
      ssrc: optional(ssrc),
      codecPayloadType: optional(payloadType),
      dtx: optional(fc.boolean()),
      maxBitrate: optional(fc.nat()),
    }),
  ),
  rtcp: optional(
    fc.record({ cname: optional(text), reducedSize: optional(fc.boolean()), mux: optional(fc.boolean()) }),
  ),
});
const rtpCapabilities = fc.record({
  codecs: fc.array(fc.record({ ...codec, kind: fc.constant('audio' as const), preferredPayloadType: payloadType }), {
    minLength: 1,
    maxLength: 8,
  }),
  headerExtensions: optional(
    fc.array(
      fc.record({
        kind: fc.constantFrom('audio' as const, 'video' as const),
        uri,
        preferredId: fc.integer({ min: 1, max: 255 }),
        preferredEncrypt: optional(fc.boolean()),
        direction: optional(fc.constantFrom('sendrecv' as const, 'inactive' as const)),
      }),
      { maxLength: 32 },
    ),
  ),
});
const dtlsParameters = fc.record({
  role: optional(fc.constantFrom('auto' as const, 'client' as const, 'server' as const)),
  fingerprints: fc.array(
    fc.record({
      algorithm: fc.constantFrom(...(['sha-1', 'sha-224', 'sha-256', 'sha-384', 'sha-512'] as const)),
      value: fc
        .uint8Array({ minLength: 20, maxLength: 64 })
        .map((bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(':')),
    }),
    { minLength: 1, maxLength: 8 },
  ),
});

/** The request is answered: well, or with a code that blames the caller. */
async function answered(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    assert.ok(['invalid_request', 'conflict', 'not_found'].includes((error as { code: string }).code), `${error}`);
  }
}

async function setUp(link: ControlLink) {
  await link.request('room:open', { sfuRoomId: ROOM });
  return { ann: await TestPeer.open(link, ROOM, 'ann'), ben: await TestPeer.open(link, ROOM, 'ben') };
}

test('whatever RTP a client says it sends, the worker answers and lives', async (t) => {
  const sfu = await startTestSfu(t);
  const { ann, ben } = await setUp(await sfu.link());
  let good = 0;
  await fc.assert(
    fc.asyncProperty(rtpParameters, async (rtp) => {
      assert.ok(v.is(RtpParametersSchema, rtp), 'the generator makes what the schema lets through');
      await answered(
        ann.produce(rtp).then(async (producerId) => {
          good++;
          await ben.resume(...(await ben.consume(producerId)).map(({ consumerId }) => consumerId));
        }),
      );
    }),
    { numRuns: RUNS },
  );
  t.diagnostic(`${good} of ${RUNS} were accepted`);
  assert.equal(sfu.pool.deaths, 0);
  await ann.produce(opusRtp(77));
});

test('whatever a client says it can receive, the worker answers and lives', async (t) => {
  const sfu = await startTestSfu(t);
  const { ann, ben } = await setUp(await sfu.link());
  let good = 0;
  await fc.assert(
    fc.asyncProperty(rtpCapabilities, async (capabilities) => {
      assert.ok(v.is(RtpCapabilitiesSchema, capabilities));
      const producerId = await ann.produce(opusRtp(7));
      ben.rtpCapabilities = capabilities;
      await answered(ben.consume(producerId).then((consumers) => (good += consumers.length)));
    }),
    { numRuns: RUNS },
  );
  t.diagnostic(`${good} of ${RUNS} were accepted`);
  assert.equal(sfu.pool.deaths, 0);
});

test('whatever DTLS a client says it speaks, the worker answers and lives', async (t) => {
  const sfu = await startTestSfu(t);
  const { ben } = await setUp(await sfu.link());
  await fc.assert(
    fc.asyncProperty(dtlsParameters, async (dtls) => {
      assert.ok(v.is(DtlsParametersSchema, dtls));
      const peer = await TestPeer.open(ben.link, ROOM, 'ann');
      const connect = { ...peer.of, transportId: peer.send.id, dtlsParameters: dtls };
      await answered(peer.link.request('peer:connect', connect));
      await answered(peer.link.request('peer:connect', connect));
    }),
    { numRuns: RUNS },
  );
  assert.equal(sfu.pool.deaths, 0);
});
