import { mosOf, mouthToEarMs } from '@parley/shared/quality';
import type { MediaPath } from '../media/media-path.ts';
import type { Playback } from '../playback/playback.ts';
import type { Participant, ParticipantStats, RoomStats, TopologyKind } from '../types.ts';

interface Received {
  at: number;
  bytes: number;
  packets: number;
  lost: number;
  /** Seconds that all samples played so far have waited in the jitter buffer, and how many they are. */
  waited: number;
  played: number;
}

interface Sent {
  at: number;
  bytes: number;
}

type Figures = { -readonly [K in keyof ParticipantStats]: ParticipantStats[K] };

const NOTHING: Figures = {
  path: null,
  rtt: null,
  jitter: null,
  jitterBuffer: null,
  loss: null,
  bitrate: null,
  mos: null,
};

/** Turns the browser's counters (W3C webrtc-stats) into figures since the last call. */
export class StatsCollector {
  #received = new Map<RTCRtpReceiver, Received>();
  #sent: Sent | null = null;

  async collect(others: Participant[], playback: Playback, paths: Iterable<MediaPath>): Promise<RoomStats> {
    const received = new Map<RTCRtpReceiver, Received>();
    const entries = await Promise.all(
      others.map(async ({ id }): Promise<[string, ParticipantStats]> => {
        const source = playback.speaker(id)?.source;
        if (!source) return [id, NOTHING];
        const { kind: path, receiver } = source;
        if (!receiver) return [id, { ...NOTHING, path }];
        return [id, this.#figures(path, receiver, await receiver.getStats(), received)];
      }),
    );
    this.#received = received;
    return { participants: new Map(entries), sendBitrate: await this.#sendBitrate(paths) };
  }

  #figures(
    path: TopologyKind,
    receiver: RTCRtpReceiver,
    report: RTCStatsReport,
    received: Map<RTCRtpReceiver, Received>,
  ): ParticipantStats {
    const figures = { ...NOTHING, path };
    let expected = 0;
    for (const entry of report.values()) {
      if (entry.type === 'candidate-pair' && entry.nominated && entry.currentRoundTripTime !== undefined) {
        figures.rtt = entry.currentRoundTripTime * 1000;
      }
      if (entry.type !== 'inbound-rtp') continue;
      figures.jitter = entry.jitter === undefined ? null : entry.jitter * 1000;
      const now = readingOf(entry);
      const before = this.#received.get(receiver);
      received.set(receiver, now);
      if (!before || now.at <= before.at) continue;
      figures.bitrate = ((now.bytes - before.bytes) * 8000) / (now.at - before.at);
      const played = now.played - before.played;
      if (played > 0) figures.jitterBuffer = ((now.waited - before.waited) * 1000) / played;
      const lost = Math.max(0, now.lost - before.lost);
      expected = now.packets - before.packets + lost;
      figures.loss = expected > 0 ? lost / expected : 0;
    }
    // Nothing was said, so nothing sounded good or bad.
    if (expected > 0) figures.mos = mosOf({ delayMs: mouthToEarMs(figures), loss: figures.loss ?? 0 });
    return figures;
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

function readingOf(entry: RTCInboundRtpStreamStats): Received {
  return {
    at: entry.timestamp,
    bytes: entry.bytesReceived ?? 0,
    packets: entry.packetsReceived ?? 0,
    lost: entry.packetsLost ?? 0,
    waited: entry.jitterBufferDelay ?? 0,
    played: entry.jitterBufferEmittedCount ?? 0,
  };
}
