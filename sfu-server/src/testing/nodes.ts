import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { NodeAddress } from '@parley/shared/control';
import { ControlLink } from './link.ts';
import { opusRtp, PAYLOAD_TYPE, TestPeer } from './media.ts';
import { SfuProcess } from './process.ts';
import { SECRET } from './sfu.ts';
import { AUDIO_LEVEL } from './talk.ts';
import { until } from './until.ts';
import { joinMedia, type MediaClient } from './werift.ts';

/** The room everybody is in. */
export const ROOM = 'lobby#1';
const FRAME = 960;
/** Extensions with a header of one byte, RFC 8285. */
const ONE_BYTE = 0xbede;
let nextSsrc = 5_000;

/** A participant with real media. */
export class Person {
  readonly peer: TestPeer;
  readonly #send: MediaClient;
  readonly #ssrc: number;
  readonly producerId: string;
  /** What was said by whom, as it was heard, */
  readonly heard: string[] = [];
  /** and the CSRC it was heard with; 0: none. */
  readonly csrcs: number[] = [];
  /** How loud it says it is, -127 to 0. */
  dBov = -30;
  #sent = 0;

  private constructor(peer: TestPeer, media: { send: MediaClient; receive: MediaClient }, ssrc: number, id: string) {
    this.peer = peer;
    this.#send = media.send;
    this.#ssrc = ssrc;
    this.producerId = id;
    media.receive.onRtp(({ header, payload }) => {
      this.heard.push(payload.toString());
      this.csrcs.push(header.csrc[0] ?? 0);
    });
  }

  static async join(t: TestContext, link: ControlLink, peerId: string, at?: NodeAddress): Promise<Person> {
    const peer = await TestPeer.open(link, ROOM, peerId, at);
    const media = await joinMedia(peer);
    t.after(() => Promise.all([media.send.vanish(), media.receive.vanish()]));
    const ssrc = nextSsrc++;
    return new Person(peer, media, ssrc, await peer.produce(opusRtp(ssrc, { headerExtensions: [AUDIO_LEVEL] })));
  }

  get id(): string {
    return this.peer.peerId;
  }

  async say(): Promise<void> {
    const n = this.#sent++;
    const header = { payloadType: PAYLOAD_TYPE, ssrc: this.#ssrc, sequenceNumber: 1_000 + n, timestamp: FRAME * n };
    const extensions = [{ id: AUDIO_LEVEL.id, payload: Buffer.from([0x80 | -this.dBov]) }];
    await this.#send.sendRtp(
      { ...header, extension: true, extensionProfile: ONE_BYTE, extensions },
      Buffer.from(this.id),
    );
  }

  async listenTo(...others: Person[]): Promise<void> {
    const consumers = await this.peer.consume(...others.map(({ producerId }) => producerId));
    assert.deepEqual(
      consumers.map(({ participantId }) => participantId),
      others.map(({ id }) => id),
    );
    await this.peer.resume(...consumers.map(({ consumerId }) => consumerId));
  }

  async listenToSlots(slots: string[]): Promise<void> {
    const consumers = await this.peer.consume(...slots);
    assert.deepEqual(
      consumers.map(({ participantId }) => participantId),
      slots.map(() => null),
    );
    await this.peer.resume(...consumers.map(({ consumerId }) => consumerId));
  }
}

/** All speak until each of `listeners` has heard each of the others anew. */
export async function talk(people: readonly Person[], listeners: readonly Person[] = people): Promise<void> {
  for (const { heard, csrcs } of listeners) heard.length = csrcs.length = 0;
  await until('everybody to hear everybody', async () => {
    for (const person of people) await person.say();
    return listeners.every((one) =>
      people.every(({ id }) => id === one.id || one.heard.filter((it) => it === id).length > 3),
    );
  });
}

export async function startNode(t: TestContext, nodeId: string, env: Record<string, string> = {}) {
  const sfu = new SfuProcess(t, { NODE_ID: nodeId, WORKERS: '1', ...env });
  const port = await sfu.port();
  return { sfu, port, at: { nodeId, url: `http://127.0.0.1:${port}` } };
}

/**
 * A home and another node, as processes of their own, and signaling's link to the home.
 * @param env for both; `only`: for one of them besides.
 */
export async function startNodes(
  t: TestContext,
  env: Record<string, string> = {},
  only: { home?: Record<string, string>; edge?: Record<string, string> } = {},
) {
  const [home, edge] = await Promise.all([
    startNode(t, 'home', { ...env, ...only.home }),
    startNode(t, 'edge', { ...env, ...only.edge }),
  ]);
  const link = await ControlLink.open({ port: home.port, secret: SECRET });
  t.after(() => link.close());
  await link.request('room:open', { sfuRoomId: ROOM });
  const inspect = () => link.request('room:inspect', { sfuRoomId: ROOM });
  return { home, edge, link, inspect };
}
