/** A complaint about someone. */
export interface Report {
  from: string;
  about: string;
  roomId: string;
  reason: string;
  /** In ms since the epoch. */
  at: number;
}

/** Most people one user may have blocked. */
export const MAX_BLOCKS = 500;
/** Reports that a store which has no database keeps; the oldest go first. */
export const MAX_REPORTS = 10_000;

/** Whom people do not want to meet, and what they had to say about others. */
export interface BlockStore {
  /** To block someone again changes nothing. @throws {ParleyError} `conflict` beyond `MAX_BLOCKS` */
  block(owner: string, other: string, at: number): Promise<void>;
  unblock(owner: string, other: string): Promise<void>;
  /** Whom `owner` has blocked, the newest first. */
  blockedBy(owner: string): Promise<string[]>;
  report(report: Report): Promise<void>;
  /** The newest first. */
  reports(limit: number): Promise<Report[]>;
}
