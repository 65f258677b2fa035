import type { ReceiverReport } from './bitrate.ts';

/** A report, and when it came (ms, as the browser counts). */
export type TimedReport = ReceiverReport & { readonly at: number };

interface Read {
  readonly report: TimedReport;
  /** Packets sent so far, and how many of them not for the first time. */
  readonly sent: number;
  readonly resent: number;
}

/**
 * What receivers report (RTCP) of what we send them. What was lost and has come with another try (NACK) counts as received
 * for them; it is counted as lost here, since the way lost it, and the way carries it twice.
 */
export class LossReports {
  readonly #newest = new WeakMap<RTCRtpSender, Read>();

  /** The newest report, the same object until there is another; null: nothing is sent, or nothing reported. */
  async of(sender: RTCRtpSender): Promise<TimedReport | null> {
    if (!sender.track) return null;
    let found: TimedReport | undefined;
    let [sent, resent] = [0, 0];
    for (const entry of (await sender.getStats()).values()) {
      if (entry.type === 'remote-inbound-rtp' && typeof entry.fractionLost === 'number') {
        const rttMs = typeof entry.roundTripTime === 'number' ? entry.roundTripTime * 1000 : null;
        found = { at: entry.timestamp, loss: entry.fractionLost, rttMs };
      } else if (entry.type === 'outbound-rtp') {
        sent = entry.packetsSent ?? 0;
        resent = entry.retransmittedPacketsSent ?? 0;
      }
    }
    if (!found) return null;
    const before = this.#newest.get(sender);
    if (before && before.report.at === found.at) return before.report;
    const again = resent - (before?.resent ?? 0);
    const first = sent - (before?.sent ?? 0) - again;
    const report = { ...found, loss: Math.max(found.loss, first > 0 ? Math.min(1, again / first) : 0) };
    this.#newest.set(sender, { report, sent, resent });
    return report;
  }
}
