/**
 * How a call through the SFU sounds when packets are lost, both ways and at random, in real browsers.
 *
 *   npm run bench:loss [-- --seconds 12] [--record]
 *
 * Two people speak, synthesized, and Opus takes it for speech: what sounds like music to it, a tone too, it repeats only
 * from 8 % of reported loss on. Between them and the SFU every datagram, whatever it carries, is lost with the given
 * chance, on the way there and on the way back, by a generator with a fixed seed; each takes 20 ms. So of a packet's way
 * from one to the other two hops may lose it. Measured as always (FEC on the way to the SFU, and what is lost on the way
 * from it is sent again), and with neither. `concealed`: the share of samples that had to be made up for what was
 * missing, pauses between phrases among them, of which FEC repeats nothing. The MOS is estimated from lost packets: it
 * does not know which of them FEC made good.
 */
import { parseArgs } from 'node:util';
import { type AudioCounts, type Person, pause, playApart, SFU_ONLY, until } from '@parley/e2e/harness';
import { table } from './figures.ts';
import { describeCommit, describeMachine } from './machine.ts';
import { record } from './results.ts';

const LOSSES = [0, 0.01, 0.05, 0.1, 0.2];
const DELAY_MS = 20;
/** Until reports of the loss have reached the encoders, and what they do about it the ears. */
const SETTLE_MS = 8_000;
const SEED = 4;

const { values: options } = parseArgs({
  options: { seconds: { type: 'string', default: '12' }, record: { type: 'boolean', default: false } },
});
const seconds = Number(options.seconds);
if (!(seconds > 0)) throw new RangeError(`--seconds wants a number, not ${options.seconds}`);

interface Result {
  readonly bench: 'loss';
  readonly what: 'fec_and_nack' | 'neither';
  /** Of each hop. */
  readonly loss: number;
  /** What really was lost, of all datagrams. */
  readonly lost: number;
  readonly concealed: number;
  /** The share of packets that repeat the one before them. */
  readonly fec: number;
  /** How many of those made good what was missing. */
  readonly fec_used: number;
  readonly nacks: number;
  /** How long sound waited for late packets, on average, in ms. */
  readonly buffer_ms: number;
  readonly kbps: number;
  readonly mos: number | null;
}

async function measure(what: Result['what']): Promise<Result[]> {
  const results: Result[] = [];
  await playApart({ signaling: SFU_ONLY }, async (scene, { udp }) => {
    udp.delayMs = DELAY_MS;
    const people = await Promise.all(['Ann', 'Ben'].map((name) => scene.person(name)));
    for (const [i, person] of people.entries()) {
      if (what === 'neither') await person.page.evaluate(withoutNack);
      const opus = { dtx: false, fec: what === 'fec_and_nack' };
      await person.join(scene.platform.url, 'loss', { pitch: 120 + 60 * i, opus });
    }
    await until('both are heard', async () => {
      const counts = await Promise.all(people.map((person) => person.audioCounts()));
      return counts.every(({ packetsReceived }) => packetsReceived > 50) ? null : 'Not yet.';
    });
    for (const loss of LOSSES) {
      udp.seed(SEED);
      udp.loss = { up: loss, down: loss };
      await pause(SETTLE_MS);
      const before = await readingOf(people);
      const passedBefore = udp.counts;
      await pause(seconds * 1_000);
      const after = await readingOf(people);
      const [passed, lost] = [udp.counts.passed - passedBefore.passed, udp.counts.lost - passedBefore.lost];
      const more = (of: keyof AudioCounts) => sum(after.counts, of) - sum(before.counts, of);
      const result: Result = {
        bench: 'loss',
        what,
        loss,
        lost: rounded(lost / (passed + lost), 4),
        concealed: rounded(more('concealed') / more('samples'), 4),
        fec: rounded(more('fecPackets') / more('packetsReceived'), 3),
        fec_used: more('fecPackets') - more('fecDiscarded'),
        nacks: more('nacksSent'),
        buffer_ms: rounded((1_000 * more('buffered')) / more('bufferedSamples'), 0),
        kbps: rounded((more('bytesSent') * 8) / (after.at - before.at) / people.length, 1),
        mos: after.mos,
      };
      results.push(result);
      console.log(JSON.stringify(result));
    }
  });
  return results;
}

async function readingOf(people: readonly Person[]) {
  const at = performance.now();
  const counts = await Promise.all(people.map((person) => person.audioCounts()));
  const stats = await Promise.all(people.map((person) => person.stats()));
  const heard = stats.flatMap(({ participants }) => participants.map(([, one]) => (one as { mos: number | null }).mos));
  const known = heard.flatMap((mos) => mos ?? []);
  const mos = known.length > 0 ? rounded(known.reduce((a, b) => a + b) / known.length, 2) : null;
  return { at, counts, mos };
}

/** In the page: from now on nobody is told that retransmission can be asked for. */
function withoutNack(): void {
  const { prototype } = RTCPeerConnection;
  type Native = (this: RTCPeerConnection, description: RTCSessionDescriptionInit) => Promise<void>;
  const native = prototype.setRemoteDescription as Native;
  prototype.setRemoteDescription = function (this: RTCPeerConnection, description: RTCSessionDescriptionInit) {
    const sdp = description.sdp?.replace(/^a=rtcp-fb:\d+ nack ?\r\n/gm, '');
    return native.call(this, sdp === undefined ? description : { type: description.type, sdp });
  } as RTCPeerConnection['setRemoteDescription'];
}

const sum = (counts: readonly AudioCounts[], of: keyof AudioCounts) => counts.reduce((all, one) => all + one[of], 0);
const rounded = (value: number, digits: number) => Number(value.toFixed(digits));
const percent = (share: number) => `${(share * 100).toFixed(1)} %`;

console.log(
  `${describeMachine()}; commit ${describeCommit()}; ${seconds} s each, ${DELAY_MS} ms one way, seed ${SEED}`,
);
const results = [...(await measure('fec_and_nack')), ...(await measure('neither'))];
const heading = ['', 'loss a hop', 'concealed', 'FEC', 'of use', 'NACKs', 'buffer ms', 'kbit/s', 'MOS'];
const rows = results.map(({ what, loss, concealed, fec, fec_used, nacks, buffer_ms, kbps, mos }) => [
  what === 'neither' ? 'neither' : 'FEC up, NACK down',
  percent(loss),
  percent(concealed),
  percent(fec),
  fec_used,
  nacks,
  buffer_ms,
  kbps,
  mos ?? '',
]);
console.log(`\n${table([heading, ...rows])}\n`);
if (options.record) {
  const words = (what: Result['what']) =>
    results
      .filter((result) => result.what === what)
      .map(
        ({ loss, concealed, fec, buffer_ms, kbps, mos }) =>
          `${percent(loss)}: ${percent(concealed)} concealed, FEC in ${percent(fec)}, ${buffer_ms} ms buffered, MOS ${mos}, ${kbps} kbit/s`,
      )
      .join('; ');
  record(
    `loss, ${seconds} s each, ${2 * DELAY_MS} ms round trip`,
    `loss of each hop, FEC up, NACK down: ${words('fec_and_nack')}; neither: ${words('neither')}`,
  );
}
