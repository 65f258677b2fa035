import type { ControlEvent } from '@parley/shared/control';
import { ParleyError } from '@parley/shared/protocol';
import type { SfuServer } from '../server.ts';
import type { ControlLink } from './link.ts';
import { TestPeer } from './media.ts';

export interface ChurnOptions {
  joins: number;
  /** A worker is killed about once in so many joins. */
  joinsPerKill: number;
  /** 0 to below 1, for each decision. */
  random: () => number;
}

/** What has happened. */
export interface Churned {
  joins: number;
  kills: number;
  /** Requests that were refused because somebody had been quicker, or a worker had died; by code. */
  refusals: Record<string, number>;
}

const ROOMS = 6;
const PEERS_MAX = 12;
/** As many things happen at once. */
const LANES = 6;
const HEARD_MAX = 6;
/** What a request may answer when what it is about is gone, or just now going. */
const EXPECTED = new Set(['not_found', 'conflict', 'sfu_unavailable', 'server_full']);

type Members = Map<string, { peer: TestPeer; producerId: string | undefined }>;

/**
 * People come to a few rooms and go by every way there is, in any order and at the same time, while workers are killed.
 * In the end all rooms are closed.
 * @throws {ParleyError} when a request is refused that should not be
 */
export async function churn(sfu: SfuServer, link: ControlLink, options: ChurnOptions): Promise<Churned> {
  const { random } = options;
  const rooms = new Map<string, Members>(Array.from({ length: ROOMS }, (_, n) => [`room-${n}`, new Map()]));
  const told: Churned = { joins: 0, kills: 0, refusals: {} };
  const killed = new Set<unknown>();
  const one = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)] as T;
  const forgetRoom = ({ sfuRoomId }: ControlEvent<'room:closed'>) => rooms.get(sfuRoomId)?.clear();
  const forgetPeers = ({ sfuRoomId, peerIds }: ControlEvent<'peer:lost'>) => {
    for (const peerId of peerIds) rooms.get(sfuRoomId)?.delete(peerId);
  };
  link.socket.on('room:closed', forgetRoom).on('peer:lost', forgetPeers);

  const join = async (sfuRoomId: string, members: Members, peerId: string) => {
    told.joins += 1;
    if (random() < 1 / options.joinsPerKill) {
      // One that was killed just now may not have been missed yet.
      const victim = one(sfu.pool.workers.filter((worker) => !killed.has(worker)));
      if (victim) {
        killed.add(victim);
        told.kills += 1;
        victim.kill();
      }
    }
    await link.request('room:open', { sfuRoomId });
    const peer = await TestPeer.open(link, sfuRoomId, peerId);
    const member = { peer, producerId: undefined as string | undefined };
    members.set(peerId, member);
    member.producerId = await peer.produce(undefined, random() < 0.3);
    const others = [...members.values()].flatMap(({ producerId }) => producerId ?? []).slice(-HEARD_MAX);
    // All may have gone meanwhile.
    if (others.length === 0) return;
    const consumers = await peer.consume(...others);
    if (consumers.length > 0) await peer.resume(...consumers.map(({ consumerId }) => consumerId));
  };
  const goAway = async (sfuRoomId: string, members: Members) => {
    const [peerId, { peer, producerId }] = one([...members]);
    const way = random();
    if (way < 0.05) {
      members.clear();
      await link.request('room:close', { sfuRoomId });
      return;
    }
    if (way < 0.3 && producerId) {
      await link.request('peer:pauseProducer', { ...peer.of, producerId, paused: way < 0.2 });
      return;
    }
    members.delete(peerId);
    // Once more, without having left; or in the middle of something.
    if (way < 0.4) await join(sfuRoomId, members, peerId);
    else if (way < 0.5) await Promise.all([peer.produce(), link.request('peer:close', peer.of)]);
    else await link.request('peer:close', peer.of);
  };
  const lane = async () => {
    while (told.joins < options.joins) {
      link.events.length = 0;
      const [sfuRoomId, members] = one([...rooms]);
      const comes = members.size === 0 || (members.size < PEERS_MAX && random() < 0.55);
      try {
        await (comes ? join(sfuRoomId, members, `peer-${told.joins}`) : goAway(sfuRoomId, members));
      } catch (error) {
        if (!(error instanceof ParleyError) || !EXPECTED.has(error.code)) throw error;
        told.refusals[error.code] = (told.refusals[error.code] ?? 0) + 1;
      }
    }
  };
  try {
    await Promise.all(Array.from({ length: LANES }, lane));
    await Promise.all([...rooms.keys()].map((sfuRoomId) => link.request('room:close', { sfuRoomId })));
  } finally {
    link.socket.off('room:closed', forgetRoom).off('peer:lost', forgetPeers);
  }
  return told;
}

/** Numbers that look random and are the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
