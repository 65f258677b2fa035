// A Redis Cluster of masters on free ports, for one test.
import { freePort } from './ports.mjs';
import { RedisProcess } from './redis-process.mjs';

const SLOTS = 16_384;
const FORM_DEADLINE_MS = 20_000;

export class RedisCluster {
  /** @type {readonly RedisProcess[]} */ masters;

  /** @param {RedisProcess[]} masters */
  constructor(masters) {
    this.masters = masters;
  }

  /** @param {number} [size] how many masters share the slots */
  static async start(size = 3) {
    /** @type {RedisProcess[]} */
    const masters = [];
    const cluster = new RedisCluster(masters);
    try {
      /** @type {number[]} */
      const busPorts = [];
      for (let i = 0; i < size; i += 1) {
        const bus = await freePort();
        busPorts.push(bus);
        masters.push(await RedisProcess.start(['--cluster-enabled', 'yes', '--cluster-port', String(bus)]));
      }
      for (const [i, master] of masters.entries()) {
        const first = Math.floor((SLOTS * i) / size);
        const last = Math.floor((SLOTS * (i + 1)) / size) - 1;
        await master.command('CLUSTER', 'ADDSLOTSRANGE', first, last);
        for (const [j, other] of masters.entries()) {
          if (j !== i) await master.command('CLUSTER', 'MEET', '127.0.0.1', other.port, busPorts[j] ?? 0);
        }
      }
      await cluster.#formed();
      return cluster;
    } catch (error) {
      await cluster.close();
      throw error;
    }
  }

  /** One of its addresses; the others are learned from there. */
  get url() {
    return this.masters[0]?.url ?? '';
  }

  async close() {
    await Promise.all(this.masters.map((master) => master.close()));
  }

  async #formed() {
    const end = Date.now() + FORM_DEADLINE_MS;
    for (;;) {
      const infos = await Promise.all(this.masters.map((master) => master.command('CLUSTER', 'INFO')));
      const whole = infos.every(
        (info) =>
          String(info).includes('cluster_state:ok') &&
          String(info).includes(`cluster_known_nodes:${this.masters.length}`) &&
          String(info).includes(`cluster_size:${this.masters.length}`),
      );
      if (whole) return;
      if (Date.now() > end) throw new Error(`the Redis Cluster does not form:\n${infos.join('\n')}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
