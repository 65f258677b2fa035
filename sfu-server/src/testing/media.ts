import type { ControlOutput, NodeAddress } from '@parley/shared/control';
import type { DtlsParameters, RtpCapabilities, RtpParameters, TransportParameters } from '@parley/shared/media';
import type { ControlLink } from './link.ts';

export const PAYLOAD_TYPE = 111;

/** What a browser's sender has, in short. */
export function opusRtp(ssrc: number, more: Partial<RtpParameters> = {}): RtpParameters {
  return {
    codecs: [
      {
        mimeType: 'audio/opus',
        payloadType: PAYLOAD_TYPE,
        clockRate: 48_000,
        channels: 2,
        parameters: { useinbandfec: 1, usedtx: 1 },
      },
    ],
    encodings: [{ ssrc }],
    rtcp: { cname: `cname-${ssrc}` },
    ...more,
  };
}

/** A fingerprint of no certificate at all: for connects that nobody completes. */
export const someDtls: DtlsParameters = {
  role: 'client',
  fingerprints: [{ algorithm: 'sha-256', value: Array.from({ length: 32 }, () => 'AB').join(':') }],
};

let nextSsrc = 1_000;

/** A peer of one room on one link, as signaling would drive it. */
export class TestPeer {
  readonly link: ControlLink;
  readonly sfuRoomId: string;
  readonly peerId: string;
  readonly send: TransportParameters;
  readonly receive: TransportParameters;
  rtpCapabilities: RtpCapabilities;

  private constructor(link: ControlLink, sfuRoomId: string, peerId: string, opened: ControlOutput<'peer:open'>) {
    this.link = link;
    this.sfuRoomId = sfuRoomId;
    this.peerId = peerId;
    this.send = opened.send;
    this.receive = opened.receive;
    this.rtpCapabilities = opened.routerRtpCapabilities;
  }

  /** `at`: the node it is to be on, if not the one asked. */
  static async open(link: ControlLink, sfuRoomId: string, peerId: string, at?: NodeAddress): Promise<TestPeer> {
    return new TestPeer(link, sfuRoomId, peerId, await link.request('peer:open', { sfuRoomId, peerId, at }));
  }

  /** The address of this peer, for requests of one's own. */
  get of(): { sfuRoomId: string; peerId: string } {
    return { sfuRoomId: this.sfuRoomId, peerId: this.peerId };
  }

  async produce(rtpParameters: RtpParameters = opusRtp(nextSsrc++), paused = false): Promise<string> {
    const input = { ...this.of, transportId: this.send.id, rtpParameters, paused };
    return (await this.link.request('peer:produce', input)).producerId;
  }

  async consume(...producerIds: string[]) {
    const { rtpCapabilities } = this;
    return (await this.link.request('peer:consume', { ...this.of, producerIds, rtpCapabilities })).consumers;
  }

  async resume(...consumerIds: string[]): Promise<void> {
    await this.link.request('peer:resumeConsumers', { ...this.of, consumerIds });
  }
}
