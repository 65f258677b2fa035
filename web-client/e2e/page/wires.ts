/** The peer connections of a page, to look at from outside the SDK: what they use, and what they count. */

/** How a connection that is up reaches the other end. */
export interface Wire {
  readonly state: RTCPeerConnectionState;
  /** Of the pair of candidates in use; null: none is. */
  readonly protocol: string | null;
  readonly localPort: number | null;
  /** `relay`: through a TURN server. */
  readonly candidateType: string | null;
  /** By which it would be let in at a TURN server now. */
  readonly turnUser: string | null;
}

/** Sums over all streams of a page. */
export interface AudioCounts {
  /** Samples that were to be played, and those of them that were made up for what was missing. */
  readonly samples: number;
  readonly concealed: number;
  readonly fecPackets: number;
  readonly fecDiscarded: number;
  /** How long samples have waited for late packets, all together, in s; and how many have. */
  readonly buffered: number;
  readonly bufferedSamples: number;
  readonly packetsReceived: number;
  readonly packetsLost: number;
  readonly retransmittedReceived: number;
  readonly nacksSent: number;
  readonly nacksReceived: number;
  readonly packetsSent: number;
  readonly bytesSent: number;
  /** What the encoders aim at, in bit/s; the largest of them. */
  readonly targetBitrate: number;
}

const connections = new Set<RTCPeerConnection>();

/** From now on every connection of the page is known here. */
export function watchWires(): void {
  const Native = globalThis.RTCPeerConnection;
  globalThis.RTCPeerConnection = class extends Native {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      connections.add(this);
    }

    override close(): void {
      connections.delete(this);
      super.close();
    }
  };
}

export function wires(): Promise<Wire[]> {
  return Promise.all(
    [...connections].map(async (connection): Promise<Wire> => {
      const report = await connection.getStats();
      const { connectionState: state } = connection;
      const { iceServers = [] } = connection.getConfiguration();
      const turnUser = iceServers.find(({ username }) => username)?.username ?? null;
      for (const entry of report.values()) {
        if (entry.type !== 'transport' || entry.selectedCandidatePairId === undefined) continue;
        const pair = report.get(entry.selectedCandidatePairId);
        const local = pair && report.get(pair.localCandidateId);
        if (!local) continue;
        const { protocol, port: localPort, candidateType } = local;
        return { state, protocol, localPort, candidateType, turnUser };
      }
      return { state, protocol: null, localPort: null, candidateType: null, turnUser };
    }),
  );
}

export async function audioCounts(): Promise<AudioCounts> {
  const sums = {
    samples: 0,
    concealed: 0,
    fecPackets: 0,
    fecDiscarded: 0,
    buffered: 0,
    bufferedSamples: 0,
    packetsReceived: 0,
    packetsLost: 0,
    retransmittedReceived: 0,
    nacksSent: 0,
    nacksReceived: 0,
    packetsSent: 0,
    bytesSent: 0,
    targetBitrate: 0,
  };
  for (const connection of connections) {
    for (const entry of (await connection.getStats()).values()) {
      if (entry.type === 'inbound-rtp') {
        // Silence that was put in is missing sound too, but the browser counts it among the concealed.
        sums.samples += entry.totalSamplesReceived ?? 0;
        sums.concealed += entry.concealedSamples ?? 0;
        sums.fecPackets += entry.fecPacketsReceived ?? 0;
        sums.fecDiscarded += entry.fecPacketsDiscarded ?? 0;
        sums.buffered += entry.jitterBufferDelay ?? 0;
        sums.bufferedSamples += entry.jitterBufferEmittedCount ?? 0;
        sums.packetsReceived += entry.packetsReceived ?? 0;
        sums.packetsLost += entry.packetsLost ?? 0;
        sums.retransmittedReceived += entry.retransmittedPacketsReceived ?? 0;
        sums.nacksSent += entry.nackCount ?? 0;
      }
      if (entry.type === 'outbound-rtp') {
        sums.nacksReceived += entry.nackCount ?? 0;
        sums.packetsSent += entry.packetsSent ?? 0;
        sums.bytesSent += entry.bytesSent ?? 0;
        sums.targetBitrate = Math.max(sums.targetBitrate, entry.targetBitrate ?? 0);
      }
    }
  }
  return sums;
}
