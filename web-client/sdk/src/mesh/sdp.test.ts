import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withOpusSettings } from './sdp.ts';

const opus = { dtx: true, fec: true, maxBitrate: 32_000, minBitrate: 16_000 };
const sdp = (fmtp: string) =>
  [
    'v=0',
    'm=audio 9 UDP/TLS/RTP/SAVPF 111 63',
    'a=rtpmap:111 opus/48000/2',
    ...(fmtp ? [fmtp] : []),
    'a=rtpmap:63 red/48000/2',
    'a=fmtp:63 111/111',
    '',
  ].join('\r\n');

test('wishes are merged into the Opus fmtp line, and no other', () => {
  const changed = withOpusSettings(sdp('a=fmtp:111 minptime=10;useinbandfec=0'), opus);
  assert.match(changed, /^a=fmtp:111 minptime=10;useinbandfec=1;usedtx=1;maxaveragebitrate=32000\r?$/m);
  assert.match(changed, /^a=fmtp:63 111\/111\r?$/m);
});

test('a missing fmtp line is added behind the rtpmap', () => {
  const lines = withOpusSettings(sdp(''), { ...opus, dtx: false }).split('\r\n');
  assert.equal(
    lines[lines.indexOf('a=rtcp-fb:111 nack') + 1],
    'a=fmtp:111 useinbandfec=1;usedtx=0;maxaveragebitrate=32000',
  );
});

test('retransmission is asked for, once, for Opus alone', () => {
  const changed = withOpusSettings(withOpusSettings(sdp('a=fmtp:111 minptime=10'), opus), opus);
  assert.deepEqual(changed.match(/a=rtcp-fb.*/g), ['a=rtcp-fb:111 nack']);
  assert.ok(changed.indexOf('a=rtpmap:111') < changed.indexOf('a=rtcp-fb:111'));
});

test('line endings survive, and a description without Opus is left alone', () => {
  const changed = withOpusSettings(sdp('a=fmtp:111 minptime=10'), opus);
  assert.ok(changed.split('\n').every((line) => line === '' || line.endsWith('\r')));
  assert.equal(withOpusSettings('v=0\r\n', opus), 'v=0\r\n');
});
