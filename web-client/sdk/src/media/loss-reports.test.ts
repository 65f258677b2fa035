import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LossReports } from './loss-reports.ts';

function setUp() {
  const counts = { at: 1, fractionLost: 0, packetsSent: 0, retransmittedPacketsSent: 0 };
  const sender = {
    track: {} as object | null,
    getStats: async () =>
      new Map([
        ['r', { type: 'remote-inbound-rtp', timestamp: counts.at, fractionLost: counts.fractionLost }],
        ['o', { type: 'outbound-rtp', ...counts }],
      ]),
  };
  const reports = new LossReports();
  /** What there is to read after so many packets more, of which some were sent again. */
  const read = (sent: number, again: number, fractionLost = 0) => {
    counts.at++;
    counts.packetsSent += sent + again;
    counts.retransmittedPacketsSent += again;
    counts.fractionLost = fractionLost;
    return reports.of(sender as unknown as RTCRtpSender);
  };
  return { counts, sender, reports, read };
}

test('what the receiver had only with another try was lost on the way all the same', async () => {
  const { read } = setUp();
  assert.equal((await read(100, 20))?.loss, 0.2);
  assert.equal((await read(100, 0))?.loss, 0, 'since the report before');
  assert.equal((await read(100, 5, 0.25))?.loss, 0.25);
  assert.equal((await read(0, 5))?.loss, 0, 'of nothing there is no share');
});

test('a report is the same until there is another, and none while nothing is sent', async () => {
  const { read, reports, sender } = setUp();
  const first = await read(100, 10);
  assert.equal(await reports.of(sender as unknown as RTCRtpSender), first);
  assert.notEqual(await read(100, 10), first);
  sender.track = null;
  assert.equal(await read(100, 10), null);
});
