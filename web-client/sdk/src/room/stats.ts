import type { MediaPath } from '../media/media-path.ts';
import type { Playback } from '../playback/playback.ts';
import type { Participant, ParticipantStats, RoomStats } from '../types.ts';

interface Received {
  at: number;
  bytes: number;
  packets: number;
  lost: number;
}

interface Sent {
  at: number;
  bytes: number;
}

/** Turns the browser's counters (W3C webrtc-stats) into figures since the last call. */
export class StatsCollector {
  #received = new Map<string, Received>();
  #sent: Sent | null = null;

  async collect(others: Participant[], playback: Playback, paths: Iterable<MediaPath>): Promise<RoomStats> {
    const received = new Map<string, Received>();
    const entries = await Promise.all(
      others.map(async ({ id }): Promise<[string, ParticipantStats]> => {
        const source = playback.speaker(id)?.source;
        if (!source) return [id, { path: null, rtt: null, jitter: null, loss: null, bitrate: null }];
        const report = await source.receiver.getStats();
        const key = `${id}/${source.epoch}`;
        return [id, { path: source.kind, ...this.#figures(key, report, received) }];
      }),
    );
    this.#received = received;
    return { participants: new Map(entries), sendBitrate: await this.#sendBitrate(paths) };
  }

  #figures(key: string, report: RTCStatsReport, received: Map<string, Received>): Omit<ParticipantStats, 'path'> {
    let rtt: number | null = null;
    let jitter: number | null = null;
    let loss: number | null = null;
    let bitrate: number | null = null;
    for (const entry of report.values()) {
      if (entry.type === 'candidate-pair' && entry.nominated && entry.currentRoundTripTime !== undefined) {
        rtt = entry.currentRoundTripTime * 1000;
      }
      if (entry.type !== 'inbound-rtp') continue;
      jitter = entry.jitter === undefined ? null : entry.jitter * 1000;
      const now = {
        at: entry.timestamp,
        bytes: entry.bytesReceived,
        packets: entry.packetsReceived,
        lost: entry.packetsLost,
      };
      const before = this.#received.get(key);
      received.set(key, now);
      if (!before || now.at <= before.at) continue;
      bitrate = ((now.bytes - before.bytes) * 8000) / (now.at - before.at);
      const lost = Math.max(0, now.lost - before.lost);
      const expected = now.packets - before.packets + lost;
      loss = expected > 0 ? lost / expected : 0;
    }
    return { rtt, jitter, loss, bitrate };
  }

  async #sendBitrate(paths: Iterable<MediaPath>): Promise<number | null> {
    const senders = [...paths].flatMap((path) => path.senders());
    const reports = await Promise.all(senders.map((sender) => sender.getStats()));
    let bytes = 0;
    let at = performance.now();
    for (const report of reports) {
      for (const entry of report.values()) {
        if (entry.type !== 'outbound-rtp') continue;
        bytes += entry.bytesSent;
        at = entry.timestamp;
      }
    }
    const before = this.#sent;
    this.#sent = { at, bytes };
    // A path that closed takes its counters along: no figure for that once.
    if (!before || at <= before.at || bytes < before.bytes) return null;
    return ((bytes - before.bytes) * 8000) / (at - before.at);
  }
}
