import { type Clock, Emitter, type Logger, randomId, type Timer } from '@parley/shared/runtime';
import type { RedisLink } from '../store/redis/link.ts';
import { loadScript } from '../store/redis/script.ts';
import { DEAD_AFTER_MS, type NodeInfo, type Nodes, type NodesEvents } from './nodes.ts';

const BEAT = loadScript(new URL('./node-beat.lua', import.meta.url));
const BURY = loadScript(new URL('./node-bury.lua', import.meta.url));

const BEAT_MS = 1_000;
/** Without the store for that long, a node looks whether the others have it. */
const ISOLATED_AFTER_MS = 3_000;
const PEER_DEADLINE_MS = 1_000;

export interface RedisNodesOptions {
  link: RedisLink;
  nodeId: string;
  clock: Clock;
  logger: Logger;
}

/** Nodes that tell each other through Redis that they are alive. */
export class RedisNodes implements Nodes {
  readonly events: Emitter<NodesEvents>;
  #self: NodeInfo;
  readonly #options: RedisNodesOptions;
  #alive = new Map<string, NodeInfo>();
  #life: string | undefined;
  #beatAt: number;
  /** Nobody is buried before: when Redis, or we, were away, the others are given time to be heard again. */
  #mercyUntil: number;
  #timer: Timer | undefined;
  #closed = false;

  constructor(options: RedisNodesOptions) {
    const { nodeId, clock, logger, link } = options;
    this.events = new Emitter((error, event) => logger.error('a listener threw', { event, error }));
    this.#self = { nodeId, url: '' };
    this.#options = options;
    this.#beatAt = clock.now();
    this.#mercyUntil = clock.now() + DEAD_AFTER_MS;
    this.#alive.set(nodeId, this.#self);
    link.events.on('up', () => {
      if (this.#self.url !== '') this.#beatNow();
    });
  }

  get self(): NodeInfo {
    return this.#self;
  }

  open(url: string): Promise<void> {
    this.#self = { ...this.#self, url };
    return this.#beat();
  }

  list(): NodeInfo[] {
    return [...this.#alive.values()];
  }

  isAlive(nodeId: string): boolean {
    return this.#alive.has(nodeId);
  }

  /** Stops beating: the others find out, and see to what is left here. */
  close(): void {
    this.#closed = true;
    this.#options.clock.cancel(this.#timer);
    this.events.removeAllListeners();
  }

  #beatNow(): void {
    this.#options.clock.cancel(this.#timer);
    void this.#beat();
  }

  async #beat(): Promise<void> {
    const { clock, logger } = this.#options;
    try {
      if (clock.now() - this.#beatAt > DEAD_AFTER_MS / 2) this.#mercyUntil = clock.now() + DEAD_AFTER_MS;
      await this.#tellAndLearn();
      this.#beatAt = clock.now();
    } catch (error) {
      logger.debug('not heard by the other nodes', { error });
      if (clock.now() - this.#beatAt >= ISOLATED_AFTER_MS) await this.#lookForPeers();
    }
    if (this.#closed) return;
    clock.cancel(this.#timer);
    this.#timer = clock.after(BEAT_MS, () => void this.#beat());
  }

  async #tellAndLearn(): Promise<void> {
    const { link } = this.#options;
    const { nodeId, url } = this.self;
    const keys = [...this.#keys, link.key('{nodes}', 'life')];
    const answer = (await link.run(BEAT, keys, [nodeId, JSON.stringify({ url }), randomId()])) as string[];
    if (this.#closed) return;
    const [now = '0', life = '', ...rest] = answer;
    const living = new Map<string, NodeInfo>();
    for (let i = 0; i + 2 < rest.length; i += 3) {
      const [id = '', at = '0', said = ''] = rest.slice(i, i + 3);
      const isDead = Number(now) - Number(at) > DEAD_AFTER_MS;
      if (isDead && this.#options.clock.now() >= this.#mercyUntil) await this.#bury(id, Number(at));
      else living.set(id, { nodeId: id, url: urlOf(said) });
    }
    const isLost = this.#life !== undefined && this.#life !== life;
    this.#life = life;
    // An emptied store has forgotten the others for a moment: they are still there.
    if (isLost) {
      this.#options.logger.warn('the common store has been emptied');
      this.events.emit('storeLost');
      for (const [id, info] of this.#alive) if (!living.has(id)) living.set(id, info);
    }
    this.#compare(living, Number(now));
  }

  #compare(living: Map<string, NodeInfo>, now: number): void {
    const before = this.#alive;
    this.#alive = living;
    for (const [id, info] of living) if (!before.has(id)) this.events.emit('nodeUp', info);
    for (const id of before.keys()) if (!living.has(id)) this.events.emit('nodeDown', id, now - DEAD_AFTER_MS);
  }

  async #bury(nodeId: string, at: number): Promise<void> {
    if (nodeId === this.self.nodeId) return;
    const { link, logger } = this.#options;
    const first = await link.run(BURY, this.#keys, [nodeId, at]);
    if (first !== 1) return;
    logger.warn('signaling node lost', { lost: nodeId, lastHeard: new Date(at).toISOString() });
    this.events.emit('nodeBuried', nodeId, at);
  }

  /** Whether it is Redis that is gone, or only the way to it from here. */
  async #lookForPeers(): Promise<void> {
    const peers = this.list().filter(({ nodeId }) => nodeId !== this.self.nodeId);
    const ready = await Promise.all(peers.map(({ url }) => isReady(url)));
    if (!ready.includes(true) || this.#closed) return;
    this.#options.logger.warn('cut off from redis while other nodes are not');
    this.events.emit('isolated');
  }

  get #keys(): string[] {
    const { link } = this.#options;
    return [link.key('{nodes}'), link.key('{nodes}', 'info')];
  }
}

async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(new URL('/ready', url), { signal: AbortSignal.timeout(PEER_DEADLINE_MS) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

function urlOf(said: string): string {
  try {
    return String((JSON.parse(said) as { url?: unknown }).url ?? '');
  } catch {
    return '';
  }
}
