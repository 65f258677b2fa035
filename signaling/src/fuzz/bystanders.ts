import assert from 'node:assert/strict';
import { TestClient } from '../testing/client.ts';
import { until } from '../testing/until.ts';

const EVERY_MS = 20;
const ROOM = 'a call of two';

/** Two people in a call while others misbehave: they signal to each other all the time, and keep how long that took. */
export class Bystanders {
  readonly latencies: number[] = [];
  #ann: TestClient;
  #ben: TestClient;
  #over = false;
  #talking: Promise<void>;

  private constructor(ann: TestClient, ben: TestClient) {
    this.#ann = ann;
    this.#ben = ben;
    this.#talking = this.#talk();
  }

  static async join(url: string): Promise<Bystanders> {
    const [ann, ben] = [new TestClient(url), new TestClient(url)];
    await Promise.all([ann.connected(), ben.connected()]);
    await ann.join(ROOM, 'Ann');
    await ben.join(ROOM, 'Ben');
    await ann.hears('participantJoined');
    return new Bystanders(ann, ben);
  }

  get ids(): string[] {
    return [this.#ann.id, this.#ben.id];
  }

  /** Nothing of what the others did has reached them. @throws {AssertionError} */
  async leave(): Promise<void> {
    this.#over = true;
    await this.#talking;
    for (const client of [this.#ann, this.#ben]) assert.ok(client.socket.connected, 'a bystander was disconnected');
    assert.deepEqual(
      this.#ann.heard.map(({ type }) => type),
      ['participantJoined'],
      'a bystander heard of something that is not theirs',
    );
    assert.deepEqual(this.#ben.heard, []);
    const { participants, topology } = await this.#ann.snapshot();
    assert.deepEqual(
      participants.map(({ id, connection }) => [id, connection]),
      this.ids.map((id) => [id, 'connected']),
    );
    assert.equal(topology.epoch, 1);
    this.#ann.close();
    this.#ben.close();
  }

  async #talk(): Promise<void> {
    while (!this.#over) {
      const instance = `pc-${this.latencies.length}`;
      const begun = performance.now();
      await this.#ann.request('mesh:signal', { roomId: ROOM, epoch: 1, to: this.#ben.id, signal: { instance } });
      await until('a signal between bystanders', () => this.#ben.signals.at(-1)?.signal.instance === instance);
      this.latencies.push(performance.now() - begun);
      this.#ben.signals.length = 0;
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
  }
}
