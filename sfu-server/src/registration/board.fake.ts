import type { Board } from './board.ts';

/** A board of one process, out of reach when a test says so. */
export class FakeBoard implements Board {
  readonly records = new Map<string, { record: string; ttlMs: number }>();
  isUp = true;
  isClosed = false;
  /** Calls wait for this. */
  gate: Promise<void> | undefined;

  async put(nodeId: string, record: string, ttlMs: number): Promise<void> {
    await this.#reach();
    this.records.set(nodeId, { record, ttlMs });
  }

  async remove(nodeId: string): Promise<void> {
    await this.#reach();
    this.records.delete(nodeId);
  }

  close(): void {
    this.isClosed = true;
  }

  async #reach(): Promise<void> {
    await this.gate;
    if (!this.isUp) throw new Error('out of reach');
  }
}
