import type { Forwarding } from '@parley/shared/control';
import fc from 'fast-check';
import type { FoundSfus, SfuContents } from '../input.ts';
import { memoryOf } from '../snapshot.ts';
import { membersOf, type RoomState, type SfuHandle, type SfuPath, sfuPathsOf } from '../state.ts';
import { type Person, WHO, type World } from './world.ts';

/*
 * Anything may happen to a room, in any order: joins, leaves, dropped connections, resumes with old and new memories,
 * acknowledgements of any epoch, passing time, SFUs that come, leave and go, restarts.
 */

const who = fc.integer({ min: 0, max: WHO - 1 });
/** Relative to the room's present epoch: old, present, and never seen. */
const delta = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: -3, max: 2 }));
/** Of two SFU paths, the one that the room moves to. */
const isNext = fc.boolean();
const available = fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, fc.constant(false));

export const command = fc.oneof(
  { weight: 6, arbitrary: fc.record({ op: fc.constant('join' as const), who, available }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('crowd' as const) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('thin' as const), keep: fc.integer({ min: 0, max: 2 }) }) },
  { weight: 4, arbitrary: fc.record({ op: fc.constant('drain' as const), available }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('leave' as const), who }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('disconnect' as const), who }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('resume' as const), who, available, old: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('update' as const), who, muted: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({ op: fc.constant('renew' as const), who, canSpeak: available, canListen: available }),
  },
  { weight: 8, arbitrary: fc.record({ op: fc.constant('ready' as const), who, delta }) },
  { weight: 4, arbitrary: fc.record({ op: fc.constant('allReady' as const) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('requestSfu' as const), who, delta, available }) },
  { weight: 4, arbitrary: fc.record({ op: fc.constant('produce' as const), who, delta, isNext }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('reopen' as const), who, delta, isNext }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('unproduce' as const), index: fc.nat({ max: 9 }) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('sfuLost' as const), present: available, isNext }) },
  {
    weight: 2,
    arbitrary: fc.record({
      op: fc.constant('sfuLeaving' as const),
      isNext,
      isEdge: fc.boolean(),
      ms: fc.nat({ max: 3_000 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('edgeLeft' as const), isNext }) },
  {
    weight: 2,
    arbitrary: fc.record({ op: fc.constant('slots' as const), isNext, isNew: available, count: fc.nat({ max: 3 }) }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('peersLost' as const), isNext, who }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('sfuPrepared' as const) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('sfuUnavailable' as const) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('reconcile' as const), keep: fc.boolean(), isNext }) },
  { weight: 5, arbitrary: fc.record({ op: fc.constant('time' as const), ms: fc.integer({ min: 1, max: 40_000 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({ op: fc.constant('silence' as const), who, byUser: fc.boolean(), on: available }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('remove' as const), who, ban: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('lock' as const), on: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('pin' as const), who, on: available }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('moderator' as const), who, moderator: who }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('end' as const), sure: fc.integer({ min: 0, max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('restart' as const) }) },
);
type Command = typeof command extends fc.Arbitrary<infer C> ? C : never;

export function run(world: World, command: Command): void {
  const person = 'who' in command ? world.people[command.who] : undefined;
  const speaker = { memberId: person?.memberId ?? 'nobody', sessionId: person?.sessionId ?? 'none' };
  const epoch = Math.max(1, (world.state?.topology.epoch ?? 1) + ('delta' in command ? command.delta : 0));
  // What concerns the SFU mostly names the path it carries.
  const path = pathIn(world.state, 'isNext' in command && command.isNext);
  const onSfu = Math.max(1, (path?.epoch ?? 1) + ('delta' in command ? command.delta : 0));
  const sfuRoomId = path?.sfuRoomId ?? 'none';
  const sfu = 'available' in command && command.available ? world.newSfu() : null;
  switch (command.op) {
    case 'join':
      return enter(world, command.who, sfu);
    case 'resume':
      return comeBack(world, command.who, sfu, command.old);
    case 'crowd':
      for (let index = 0; index < WHO; index++) if (!isIn(world, index)) enter(world, index, world.newSfu());
      return;
    case 'thin':
      for (let index = command.keep; index < WHO; index++) run(world, { op: 'leave', who: index });
      return;
    case 'leave':
      world.apply({ type: 'leave', ...speaker });
      world.people[command.who] = undefined;
      return;
    case 'disconnect':
      world.apply({ type: 'disconnect', ...speaker });
      return;
    case 'update':
      world.apply({ type: 'update', ...speaker, muted: command.muted, deafened: false });
      return;
    case 'renew': {
      const { canSpeak, canListen } = command;
      const standing = { userId: `user-${command.who}`, metadata: {}, canSpeak, canListen };
      world.apply({ type: 'renewed', ...speaker, name: null, standing });
      return;
    }
    case 'ready':
      world.apply({ type: 'ready', ...speaker, epoch });
      return;
    case 'allReady':
      return everyoneIsReady(world);
    case 'requestSfu':
      world.apply({ type: 'requestSfu', ...speaker, epoch, sfu });
      return;
    case 'produce': {
      world.apply({ type: 'producerAdded', ...speaker, epoch: onSfu, sfuRoomId, producerId: world.id('mic') });
      return;
    }
    case 'reopen':
      world.apply({ type: 'producersDropped', ...speaker, epoch: onSfu });
      return;
    case 'unproduce': {
      const { participantId: memberId, producerId } = world.state?.producers[command.index] ?? {
        participantId: 'nobody',
        producerId: 'none',
      };
      world.apply({ type: 'producerRemoved', sfuRoomId, memberId, producerId });
      return;
    }
    case 'sfuLost':
      world.apply({ type: 'sfuLost', sfuRoomId: command.present ? sfuRoomId : 'another' });
      return;
    case 'drain':
      if (world.state?.topology.phase === 'promoting') everyoneIsReady(world);
      world.apply({ type: 'sfuLeaving', ...leavingOf(world.state?.sfu), at: world.now });
      return command.available ? findSfu(world) : findNoSfu(world);
    case 'sfuLeaving':
      world.apply({ type: 'sfuLeaving', ...leavingOf(path, command.isEdge), at: world.now + command.ms });
      return;
    case 'edgeLeft':
      world.apply({ type: 'edgeLeft', ...leavingOf(path, true) });
      return;
    case 'slots': {
      const { generation } = forwardingOf(world, sfuRoomId);
      const slots = Array.from({ length: command.count }, () => world.id('slot'));
      const forwarding = { generation: Math.max(0, generation + (command.isNew ? 1 : -1)), slots };
      if (command.isNew) world.forwardings.set(sfuRoomId, forwarding);
      world.apply({ type: 'forwardingChanged', sfuRoomId, forwarding });
      return;
    }
    case 'peersLost':
      world.apply({ type: 'peersLost', sfuRoomId, peerIds: [speaker.memberId, 'nobody'], nodeId: 'node' });
      return;
    case 'sfuPrepared':
      return findSfu(world);
    case 'sfuUnavailable':
      return findNoSfu(world);
    case 'reconcile': {
      const peers = command.keep ? peersOf(world.state) : [];
      world.apply({ type: 'sfuReconciled', sfuRoomId, peers, forwarding: forwardingOf(world, sfuRoomId) });
      return;
    }
    case 'silence': {
      const target = command.byUser ? { userId: `user-${command.who}` } : { memberId: speaker.memberId };
      world.apply({ type: 'silence', by: null, target, silenced: command.on });
      return;
    }
    case 'remove': {
      const bannedUntil = command.ban ? world.now + 20_000 : null;
      world.apply({ type: 'remove', by: null, target: { memberId: speaker.memberId }, bannedUntil });
      return;
    }
    case 'lock':
      world.apply({ type: 'lock', by: null, locked: command.on });
      return;
    case 'pin':
      world.apply({ type: 'pin', by: null, memberId: speaker.memberId, pinned: command.on });
      return;
    case 'moderator': {
      const target = { memberId: world.people[command.moderator]?.memberId ?? 'nobody' };
      world.apply({ type: 'silence', by: speaker, target, silenced: true });
      return;
    }
    case 'end':
      if (command.sure === 0) world.apply({ type: 'end', by: null });
      return;
    case 'time':
      return world.pass(command.ms);
    case 'restart':
      return world.restart();
  }
}

function enter(world: World, index: number, sfu: SfuHandle | null): void {
  const person = world.people[index] ?? {
    memberId: world.id('member'),
    sessionId: '',
    joinId: world.id('join'),
    memories: [],
  };
  const sessionId = world.id('session');
  const arrival = { ...person, memberId: world.id('member'), sessionId, ...face(index) };
  const { result, state } = world.apply({
    type: 'join',
    arrival: pick(arrival),
    sfu,
    incarnation: world.id('incarnation'),
    youngUntil: world.youngUntil,
  });
  if (!result.ok || result.memberId === null || !state) return;
  const memories = [...person.memories, memoryOf(state)];
  world.people[index] = { ...person, memberId: result.memberId, sessionId, memories };
}

function comeBack(world: World, index: number, sfu: SfuHandle | null, old: boolean): void {
  const person = world.people[index];
  const remembered = old ? person?.memories[0] : person?.memories.at(-1);
  if (!person || !remembered) return;
  const sessionId = world.id('session');
  const arrival = { ...person, sessionId, ...face(index) };
  const contents = ({ sfuRoomId }: SfuHandle) => {
    const fate = world.sfus.get(sfuRoomId);
    // A room that was closed cannot be taken over; what the SFU holds is what people sent there.
    if (fate !== 'forgotten' && fate !== 'held') return [];
    const peers = [{ peerId: person.memberId, producerIds: [world.id('mic')] }];
    return [[sfuRoomId, { peers, forwarding: forwardingOf(world, sfuRoomId) }] as const];
  };
  const found: FoundSfus = Object.fromEntries(sfuPathsOf(remembered).flatMap(contents));
  const { result } = world.apply({ type: 'resume', arrival: pick(arrival), remembered, found, sfu });
  if (result.ok) world.people[index] = { ...person, sessionId };
}

function isIn(world: World, index: number): boolean {
  return Object.hasOwn(world.state?.members ?? {}, world.people[index]?.memberId ?? '');
}

export function everyoneIsReady(world: World): void {
  const epoch = world.state?.topology.next?.epoch;
  if (epoch === undefined || !world.state) return;
  for (const { id: memberId, sessionId } of membersOf(world.state)) {
    world.apply({ type: 'ready', memberId, sessionId, epoch });
  }
}

export function findSfu(world: World): void {
  const { search } = world;
  world.search = null;
  if (search) world.apply({ type: 'sfuPrepared', sfu: world.newSfu(search.not) });
}

export function findNoSfu(world: World): void {
  const { search } = world;
  world.search = null;
  if (search) world.apply({ type: 'sfuUnavailable' });
}

function pathIn(state: RoomState | null, isNext: boolean): SfuPath | null {
  return (isNext && state?.nextSfu) || (state?.sfu ?? null);
}

function forwardingOf(world: World, sfuRoomId: string): Forwarding {
  return world.forwardings.get(sfuRoomId) ?? { generation: 0, slots: [] };
}

function peersOf(state: RoomState | null): SfuContents['peers'] {
  return (state?.producers ?? []).map(({ participantId, producerId }) => ({
    peerId: participantId,
    producerIds: [producerId],
  }));
}

function face(index: number) {
  const standing = { userId: `user-${index}`, metadata: {}, canSpeak: true, canListen: true };
  const passesLock = index === 0;
  return { ...standing, name: `Person ${index}`, muted: false, deafened: false, nodeId: 'node', passesLock };
}

function pick({ memories: _, ...arrival }: Person & ReturnType<typeof face>) {
  return arrival;
}

/** Whatever came before: given everyone's readiness, an SFU and time, the room settles. */
export function settle(world: World): void {
  for (let turn = 0; turn < 40 && world.state; turn++) {
    everyoneIsReady(world);
    findSfu(world);
    world.pass(5_000);
  }
}

/** The home of an SFU room, or a node that carries some of its people, goes away. */
function leavingOf(path: SfuPath | null | undefined, isEdge = false): { sfuRoomId: string; nodeId: string } {
  const { sfuRoomId, nodeId } = path ?? { sfuRoomId: 'none', nodeId: 'none' };
  return { sfuRoomId, nodeId: isEdge ? 'sfu-edge' : nodeId };
}
