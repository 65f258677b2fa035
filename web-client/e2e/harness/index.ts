export { CHORDS, TONES } from '../page/tones.ts';
export type { AudioCounts, Wire } from '../page/wires.ts';
export { BadNetwork, playApart } from './bad-network.ts';
export { launchBrowser, openTab } from './browser.ts';
export { Cluster, type ClusterOptions, withoutRedis } from './cluster.ts';
export { Fleet, type FleetNode, type FleetOptions } from './fleet.ts';
export { type Expectation, everyoneHearsEveryone, expectMatrix, hear } from './hearing.ts';
export { EMPTY_SFU } from './metrics.ts';
export { JoinError, type JoinSettings, Person } from './person.ts';
export { Platform, type PlatformOptions } from './platform.ts';
export { expectClosed, expectNames, expectTold, expectTopology } from './room.ts';
export { play, playCluster, playFleet, playWith, Scene } from './scene.ts';
export { LogKeeper, metricsOf, type Servers, type Settings } from './servers.ts';
export { type Silence, type SilenceReading, SilenceWatch } from './silence.ts';
export { pause, TimeoutError, until } from './until.ts';
export { WireClient } from './wire-client.ts';

/** Settings under which a room of two or more is on the SFU. */
export const SFU_ONLY = { MESH_MAX_PEERS: 1, MESH_RETURN_PEERS: 0 };
