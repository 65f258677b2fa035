import { ParleyError } from '@parley/shared/protocol';
import type { Logger } from '@parley/shared/runtime';
import * as v from 'valibot';
import { type BlockStore, MAX_BLOCKS, type Report } from '../block-store.ts';
import type { SupabaseSettings } from './configuration.ts';
import { SupabaseRest } from './rest.ts';

const Rows = v.array(
  v.object({
    reporter: v.string(),
    reported: v.string(),
    room_id: v.string(),
    reason: v.string(),
    created_at: v.string(),
  }),
);

/** Blocks and reports in a Supabase project (supabase/migrations/0001_blocks_and_reports.sql): kept for good. */
export class SupabaseBlockStore implements BlockStore {
  readonly #rest: SupabaseRest;

  constructor(options: SupabaseSettings & { logger: Logger; deadlineMs?: number }) {
    this.#rest = new SupabaseRest(options);
  }

  async block(owner: string, other: string, at: number): Promise<void> {
    const args = { owner_id: owner, other_id: other, blocked_at: new Date(at).toISOString(), most: MAX_BLOCKS };
    const added = await this.#rest.rpc('parley_block', args, v.boolean());
    if (!added) throw new ParleyError('conflict', 'Too many people are blocked.');
  }

  async unblock(owner: string, other: string): Promise<void> {
    await this.#rest.rpc('parley_unblock', { owner_id: owner, other_id: other }, v.unknown());
  }

  blockedBy(owner: string): Promise<string[]> {
    return this.#rest.rpc('parley_blocked_by', { owner_id: owner }, v.array(v.string()));
  }

  async report({ from, about, roomId, reason, at }: Report): Promise<void> {
    const row = { reporter: from, reported: about, room_id: roomId, reason, created_at: new Date(at).toISOString() };
    await this.#rest.insert('parley_reports', row);
  }

  async reports(limit: number): Promise<Report[]> {
    const columns = 'reporter,reported,room_id,reason,created_at';
    const rows = await this.#rest.select(`parley_reports?select=${columns}&order=id.desc&limit=${limit}`, Rows);
    return rows.map(({ reporter: from, reported: about, room_id: roomId, reason, created_at }) => {
      return { from, about, roomId, reason, at: Date.parse(created_at) };
    });
  }
}
