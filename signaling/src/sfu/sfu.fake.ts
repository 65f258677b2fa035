import type {
  ControlInput,
  ControlOutput,
  ControlRequestName,
  Forwarding,
  NodeAddress,
  NodeState,
  SfuRoomState,
} from '@parley/shared/control';
import { ParleyError } from '@parley/shared/protocol';
import { Emitter } from '@parley/shared/runtime';
import type { SfuHandle } from '../rooms/index.ts';
import { chooseNode, choosePlace } from './placement.ts';
import type { SfuEvents, SfuNode, SfuNodes, Wishes } from './sfu.ts';

interface FakePeer {
  transports: [send: string, receive: string];
  producers: Set<string>;
  consumers: Map<string, string>;
}
interface FakeRoom {
  nodeId: string;
  forwarding: Forwarding;
  /** Peers that keep a slot. */
  pinned: string[];
  peers: Map<string, FakePeer>;
}

const CAPABILITIES: SfuRoomState['routerRtpCapabilities'] = {
  codecs: [{ kind: 'audio', mimeType: 'audio/opus', preferredPayloadType: 100, clockRate: 48_000, channels: 2 }],
};
const RTP: ControlInput<'peer:produce'>['rtpParameters'] = {
  codecs: [{ mimeType: 'audio/opus', payloadType: 100, clockRate: 48_000, channels: 2 }],
  encodings: [{ ssrc: 1 }],
};

const DIRECT: Forwarding = { generation: 0, slots: [] };

/** SFU nodes without media: keeps the books that a real one keeps, and fails when a test says so. */
export class FakeSfu implements SfuNodes {
  readonly events = new Emitter<SfuEvents>();
  readonly nodes = new Map<string, NodeState>();
  readonly rooms = new Map<string, FakeRoom>();
  /** By SFU room: the other nodes it has an edge on. */
  readonly edges = new Map<string, string[]>();
  /** Every request made, in order. */
  readonly log: { nodeId: string; name: string; input: unknown }[] = [];
  /** Requests wait for this: to look at what happens meanwhile. */
  gate: Promise<void> | undefined;
  #counter = 0;

  constructor(...nodeIds: string[]) {
    for (const nodeId of nodeIds) this.addNode(nodeId);
  }

  addNode(nodeId: string, more: Partial<NodeState> = {}): void {
    this.nodes.set(nodeId, {
      nodeId,
      url: '',
      region: '',
      capacity: 1000,
      workers: 1,
      rooms: 0,
      peers: 0,
      load: 0,
      cpu: 0,
      draining: false,
      ...more,
    });
    this.events.emit('nodeUp', nodeId);
  }

  /** Ends a room from the SFU's side. */
  killRoom(sfuRoomId: string): void {
    const room = this.rooms.get(sfuRoomId);
    if (!room) return;
    this.rooms.delete(sfuRoomId);
    this.events.emit('roomClosed', { sfuRoomId, nodeId: room.nodeId, reason: 'worker_died' });
  }

  killNode(nodeId: string): void {
    this.nodes.delete(nodeId);
    for (const [id, room] of this.rooms) if (room.nodeId === nodeId) this.rooms.delete(id);
    this.events.emit('nodeLost', nodeId);
  }

  killProducer(producerId: string): void {
    for (const [sfuRoomId, room] of this.rooms) {
      for (const [peerId, peer] of room.peers) {
        if (peer.producers.delete(producerId)) this.events.emit('producerClosed', { sfuRoomId, peerId, producerId });
      }
    }
  }

  /** Ends what carries some peers of a room, not the room. */
  killPeers(sfuRoomId: string, peerIds: string[]): void {
    const { peers } = this.#room(sfuRoomId);
    for (const peerId of peerIds) peers.delete(peerId);
    this.events.emit('peersLost', { sfuRoomId, peerIds });
  }

  /** The room forwards through so many slots from now on; 0: microphones. */
  setSlots(sfuRoomId: string, count: number): Forwarding {
    const room = this.#room(sfuRoomId);
    const slots = Array.from({ length: count }, () => this.#id('slot'));
    room.forwarding = { generation: room.forwarding.generation + 1, slots };
    this.events.emit('forwarding', { sfuRoomId, forwarding: room.forwarding });
    return room.forwarding;
  }

  drain(nodeId: string): void {
    const node = this.nodes.get(nodeId);
    if (!node || node.draining) return;
    this.nodes.set(nodeId, { ...node, draining: true });
    this.events.emit('nodeDraining', nodeId);
  }

  counts() {
    const peers = [...this.rooms.values()].flatMap((room) => [...room.peers.values()]);
    return {
      rooms: this.rooms.size,
      peers: peers.length,
      producers: peers.reduce((sum, peer) => sum + peer.producers.size, 0),
      consumers: peers.reduce((sum, peer) => sum + peer.consumers.size, 0),
    };
  }

  states(): SfuNode[] {
    return [...this.nodes.values()].map((state) => ({ ...state, since: 0 }));
  }

  placeFor({ sfuRoomId, nodeId: homeId }: SfuHandle, region = ''): NodeAddress | undefined {
    return choosePlace(this.states(), { sfuRoomId, homeId, region });
  }

  async open(sfuRoomId: string, { not = new Set(), region }: Wishes = {}): Promise<SfuHandle> {
    const nodes = this.states().filter(({ nodeId }) => !not.has(nodeId));
    const node = chooseNode(nodes, region);
    if (!node) throw new ParleyError('sfu_unavailable');
    await this.request(node.nodeId, 'room:open', { sfuRoomId });
    return { sfuRoomId, nodeId: node.nodeId };
  }

  async adopt({ nodeId, sfuRoomId }: SfuHandle): Promise<SfuRoomState> {
    return this.request(nodeId, 'room:adopt', { sfuRoomId });
  }

  async request<R extends ControlRequestName>(
    nodeId: string,
    name: R,
    input: ControlInput<R>,
  ): Promise<ControlOutput<R>> {
    this.log.push({ nodeId, name, input });
    if (!this.nodes.has(nodeId)) throw new ParleyError('sfu_unavailable');
    await this.gate;
    return this.#handlers[name](input as never, nodeId) as ControlOutput<R>;
  }

  close(): void {
    this.events.removeAllListeners();
  }

  readonly #handlers: { [R in ControlRequestName]: (input: ControlInput<R>, nodeId: string) => ControlOutput<R> } = {
    'room:open': ({ sfuRoomId }, nodeId) => {
      if (!this.rooms.has(sfuRoomId))
        this.rooms.set(sfuRoomId, { nodeId, forwarding: DIRECT, pinned: [], peers: new Map() });
      return this.#stateOf(sfuRoomId);
    },
    'room:adopt': ({ sfuRoomId }) => this.#stateOf(sfuRoomId),
    'room:close': ({ sfuRoomId }) => {
      this.#room(sfuRoomId);
      this.rooms.delete(sfuRoomId);
      return {};
    },
    'room:pin': ({ sfuRoomId, peerIds }) => {
      this.#room(sfuRoomId).pinned = peerIds;
      return {};
    },
    'room:inspect': ({ sfuRoomId }, nodeId) => {
      const { peers } = this.#room(sfuRoomId);
      const home = { nodeId, worker: 0 };
      const branch = { ...home, peers: peers.size, producers: 0, consumers: 0 };
      const edges = (this.edges.get(sfuRoomId) ?? []).map((edge) => ({ ...branch, nodeId: edge, peers: 1 }));
      return { home, mode: 'direct', slots: [], branches: [branch, ...edges], pipes: [] };
    },
    'node:drain': (_input, nodeId) => {
      this.drain(nodeId);
      return {};
    },
    'peer:open': ({ sfuRoomId, peerId }) => {
      const transports: FakePeer['transports'] = [this.#id('send'), this.#id('receive')];
      this.#room(sfuRoomId).peers.set(peerId, { transports, producers: new Set(), consumers: new Map() });
      const [send, receive] = transports.map(transportParameters);
      if (!send || !receive) throw new Error('two transports');
      return { routerRtpCapabilities: CAPABILITIES, send, receive };
    },
    'peer:close': ({ sfuRoomId, peerId }) => {
      this.#peer(sfuRoomId, peerId);
      this.#room(sfuRoomId).peers.delete(peerId);
      return {};
    },
    'peer:connect': (input) => {
      this.#transport(input);
      return {};
    },
    'peer:restartIce': (input) => {
      this.#transport(input);
      return { iceParameters: transportParameters(input.transportId).iceParameters };
    },
    'peer:produce': (input) => {
      const producerId = this.#id('producer');
      this.#transport(input).producers.add(producerId);
      return { producerId };
    },
    'peer:pauseProducer': ({ sfuRoomId, peerId, producerId }) => {
      this.#producer(sfuRoomId, peerId, producerId);
      return {};
    },
    'peer:closeProducer': ({ sfuRoomId, peerId, producerId }) => {
      this.#producer(sfuRoomId, peerId, producerId).delete(producerId);
      return {};
    },
    'peer:consume': ({ sfuRoomId, peerId, producerIds }) => {
      const { consumers } = this.#peer(sfuRoomId, peerId);
      return {
        consumers: producerIds.flatMap((producerId) => {
          const { peers, forwarding } = this.#room(sfuRoomId);
          const owner = [...peers].find(([, peer]) => peer.producers.has(producerId));
          if (!owner && !forwarding.slots.includes(producerId)) return [];
          const consumerId = consumers.get(producerId) ?? this.#id('consumer');
          consumers.set(producerId, consumerId);
          return [{ consumerId, producerId, participantId: owner?.[0] ?? null, rtpParameters: RTP }];
        }),
      };
    },
    'peer:resumeConsumers': ({ sfuRoomId, peerId, consumerIds }) => {
      const mine = new Set(this.#peer(sfuRoomId, peerId).consumers.values());
      if (!consumerIds.every((id) => mine.has(id))) throw new ParleyError('not_found');
      return {};
    },
  };

  #stateOf(sfuRoomId: string): SfuRoomState {
    const peers = [...this.#room(sfuRoomId).peers].map(([peerId, peer]) => ({
      peerId,
      producerIds: [...peer.producers],
    }));
    return { routerRtpCapabilities: CAPABILITIES, peers, forwarding: this.#room(sfuRoomId).forwarding };
  }

  #room(sfuRoomId: string): FakeRoom {
    const room = this.rooms.get(sfuRoomId);
    if (!room) throw new ParleyError('not_found');
    return room;
  }

  #peer(sfuRoomId: string, peerId: string): FakePeer {
    const peer = this.#room(sfuRoomId).peers.get(peerId);
    if (!peer) throw new ParleyError('not_found');
    return peer;
  }

  #transport({ sfuRoomId, peerId, transportId }: { sfuRoomId: string; peerId: string; transportId: string }): FakePeer {
    const peer = this.#peer(sfuRoomId, peerId);
    if (!peer.transports.includes(transportId)) throw new ParleyError('not_found');
    return peer;
  }

  #producer(sfuRoomId: string, peerId: string, producerId: string): Set<string> {
    const { producers } = this.#peer(sfuRoomId, peerId);
    if (!producers.has(producerId)) throw new ParleyError('not_found');
    return producers;
  }

  #id(kind: string): string {
    return `${kind}-${++this.#counter}`;
  }
}

function transportParameters(id: string): ControlOutput<'peer:open'>['send'] {
  return {
    id,
    iceParameters: { usernameFragment: 'fragment', password: 'password' },
    iceCandidates: [],
    dtlsParameters: { role: 'auto', fingerprints: [{ algorithm: 'sha-256', value: Array(32).fill('AB').join(':') }] },
  };
}
