import { ParleyError } from '@parley/shared/protocol';
import { type BlockStore, MAX_BLOCKS, MAX_REPORTS, type Report } from '../block-store.ts';

/** Owners whose blocks are kept; those who blocked longest ago are forgotten first. */
const MAX_OWNERS = 100_000;

/** Blocks and reports in this process's memory: gone with it. */
export class MemoryBlockStore implements BlockStore {
  readonly #blocks = new Map<string, Set<string>>();
  readonly #reports: Report[] = [];

  async block(owner: string, other: string): Promise<void> {
    const blocked = this.#blocks.get(owner) ?? new Set();
    if (blocked.has(other)) return;
    if (blocked.size >= MAX_BLOCKS) throw new ParleyError('conflict', 'Too many people are blocked.');
    blocked.add(other);
    this.#blocks.delete(owner);
    this.#blocks.set(owner, blocked);
    const [oldest] = this.#blocks.keys();
    if (this.#blocks.size > MAX_OWNERS && oldest !== undefined) this.#blocks.delete(oldest);
  }

  async unblock(owner: string, other: string): Promise<void> {
    const blocked = this.#blocks.get(owner);
    blocked?.delete(other);
    if (blocked?.size === 0) this.#blocks.delete(owner);
  }

  async blockedBy(owner: string): Promise<string[]> {
    return [...(this.#blocks.get(owner) ?? [])].reverse();
  }

  async report(report: Report): Promise<void> {
    this.#reports.push(report);
    if (this.#reports.length > MAX_REPORTS) this.#reports.shift();
  }

  async reports(limit: number): Promise<Report[]> {
    return this.#reports.slice(-limit).reverse();
  }
}
