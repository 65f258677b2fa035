// How much of everything so many users need. Pure: figures in, figures out.

/**
 * @typedef {{ users: number, roomsOf: number, sfuShare: number, talking: number, turnShare: number, coresPerNode: number }} Wishes
 *   `talking`: how many of a room talk at once, on average; `turnShare`: of people who reach others in a mesh by a relay only
 * @typedef {Record<import('./plan-figures.mjs').MeasuredName, { value: number }>} Measured
 * @typedef {Record<string, { value: number }>} Settings
 * @typedef {ReturnType<typeof planFor>} Phase
 */

/** From so many users on one node of each kind may be lost without anyone noticing for long. */
const SPARE_FROM = 1_000;

/** The users of each phase: powers of ten on the way, and what was asked for. @param {number} users */
export function stepsTo(users) {
  const steps = [];
  for (let step = 100; step < users; step *= 10) steps.push(step);
  return [...steps, users];
}

/** @param {Wishes} wishes @param {Measured} measured @param {Settings} settings */
export function planFor(wishes, measured, settings) {
  const { users, roomsOf, turnShare, coresPerNode } = wishes;
  const set = (/** @type {string} */ name) => settings[name]?.value ?? Number.NaN;
  // A room larger than a mesh may be is on the SFU whatever the share.
  const sfuShare = roomsOf > set('meshMax') ? 1 : wishes.sfuShare;
  const spare = users >= SPARE_FROM ? 1 : 0;
  const rooms = users / roomsOf;
  const sfuRooms = rooms * sfuShare;
  const sfuPeople = users * sfuShare;
  const talking = Math.min(wishes.talking, roomsOf);
  const streamKbit = measured.streamKbit.value + (set('headerBytes') * 8 * set('packetsPerVoice')) / 1_000;

  // Whoever talks does not hear themselves.
  const streamsOut = sfuRooms * Math.min(talking, set('slots')) * (roomsOf - 1);
  const packetsOut = streamsOut * set('packetsPerVoice');
  const busyCores =
    (packetsOut * measured.packetMicros.value + sfuPeople * measured.listenerIdleMs.value * 1_000) / 1e6;
  const full = set('fullShare');
  const workers = Math.ceil(
    Math.max(busyCores / full, packetsOut / (set('workerPackets') * full), sfuPeople / (set('workerPeople') * full)),
  );
  const sfuNodes = workers === 0 ? 0 : Math.ceil(workers / coresPerNode) + spare;
  const sfuCores = sfuNodes === 1 ? workers : sfuNodes * coresPerNode;
  const sfuPeopleOfNode = sfuPeople / Math.max(1, sfuNodes - spare);
  const workersOfNode = sfuNodes === 0 ? 0 : sfuCores / sfuNodes;
  const sfuMb =
    set('sfuNodeMb') + workersOfNode * set('workerMb') + (sfuPeopleOfNode * measured.listenerKb.value) / 1_000;

  const signalingNodes = Math.ceil(users / (set('signalingUsers') * full)) + spare;
  const emptyMb = measured.signalingMb.value - (set('signalingUsers') * measured.userKb.value) / 1_000;
  const signalingMb = emptyMb + ((users / Math.max(1, signalingNodes - spare)) * measured.userKb.value) / 1_000;

  // A link of a mesh is relayed when either end needs it; what is relayed comes in and goes out.
  const relayed = 1 - (1 - turnShare) ** 2;
  const turnStreams = (rooms - sfuRooms) * talking * (roomsOf - 1) * relayed;

  return {
    users,
    rooms: Math.ceil(rooms),
    sfuPeople: Math.ceil(sfuPeople),
    sfuShare,
    packetsOut: Math.round(packetsOut),
    busyCores,
    signaling: { nodes: signalingNodes, cores: signalingNodes, mbEach: signalingMb },
    sfu: {
      nodes: sfuNodes,
      cores: sfuCores,
      mbEach: sfuNodes === 0 ? 0 : sfuMb,
      outMbit: (streamsOut * streamKbit) / 1_000,
      inMbit: (sfuRooms * talking * streamKbit) / 1_000,
    },
    turn: { mbitEachWay: (turnStreams * streamKbit) / 1_000 },
    redis: signalingNodes > 1 ? { mb: (users * set('redisKb')) / 1_000 } : null,
    /** What somebody in a mesh sends while they talk. */
    meshUpKbit: sfuShare < 1 ? (roomsOf - 1) * streamKbit : 0,
  };
}
