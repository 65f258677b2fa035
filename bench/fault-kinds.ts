import { type Fleet, pause } from '@parley/e2e/harness';

/** Something that happens to the servers in the middle of a call. */
export interface Fault {
  readonly what: string;
  /** Whether the room has to go to another SFU path for it. */
  readonly movesRoom: boolean;
  /** Makes it happen, and resolves when it has; what it returns makes the fleet whole again. */
  strike(fleet: Fleet): Promise<() => Promise<unknown>>;
}

/** How long signaling is away, or cut off: long enough for whoever waits for it to notice. */
const AWAY_MS = 2_000;
const nothing = async () => {};

export const FAULTS: readonly Fault[] = [
  {
    // A deployment: SIGTERM, and the time it takes.
    what: 'drain',
    movesRoom: true,
    async strike({ home }) {
      await home.node.drain();
      return () => home.node.start();
    },
  },
  {
    what: 'worker_kill',
    movesRoom: true,
    async strike({ home }) {
      process.kill(home.worker, 'SIGKILL');
      return nothing;
    },
  },
  {
    // It is there and answers nothing: the watchdog has to find out.
    what: 'worker_hang',
    movesRoom: true,
    async strike({ home }) {
      process.kill(home.worker, 'SIGSTOP');
      return nothing;
    },
  },
  {
    what: 'node_kill',
    movesRoom: true,
    async strike({ home }) {
      await home.node.kill();
      return () => home.node.start();
    },
  },
  {
    // Between signaling and the SFU node; media does not go that way.
    what: 'control_link_cut',
    movesRoom: false,
    async strike({ home }) {
      home.node.link.cut();
      await pause(AWAY_MS);
      home.node.link.mend();
      return nothing;
    },
  },
  {
    what: 'signaling_kill',
    movesRoom: false,
    async strike(fleet) {
      await fleet.killSignaling();
      await pause(AWAY_MS);
      await fleet.startSignaling();
      return nothing;
    },
  },
];
