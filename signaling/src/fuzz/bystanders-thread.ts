import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { Bystanders as Here } from './bystanders.ts';

type Word = { ids: string[] } | { latencies: number[] } | { failure: string };

/** Bystanders in a thread of their own: what they measure is the server, not the work of those who attack it. */
export class Bystanders {
  readonly ids: readonly string[];
  latencies: readonly number[] = [];
  #worker: Worker;

  private constructor(worker: Worker, ids: readonly string[]) {
    this.#worker = worker;
    this.ids = ids;
  }

  static async join(url: string): Promise<Bystanders> {
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: url });
    const word = await next(worker);
    return new Bystanders(worker, 'ids' in word ? word.ids : []);
  }

  /** @throws {Error} when they have noticed anything */
  async leave(): Promise<void> {
    const word = next(this.#worker);
    this.#worker.postMessage('leave');
    const said = await word;
    if ('latencies' in said) this.latencies = said.latencies;
    await this.#worker.terminate();
  }

  end(): void {
    void this.#worker.terminate();
  }
}

function next(worker: Worker): Promise<Word> {
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('message', (word: Word) => {
      worker.off('error', reject);
      if ('failure' in word) reject(new Error(word.failure));
      else resolve(word);
    });
  });
}

if (!isMainThread && parentPort) {
  const port = parentPort;
  const say = (word: Word) => port.postMessage(word);
  const fail = (error: unknown) => say({ failure: error instanceof Error ? `${error.stack}` : String(error) });
  const joined = Here.join(String(workerData));
  joined.then(({ ids }) => say({ ids }), fail);
  port.once('message', () => {
    joined
      .then(async (here) => {
        await here.leave();
        say({ latencies: here.latencies });
      })
      .catch(fail);
  });
}
