/** Where nodes say that they are there. Every call ends within a deadline, and rejects when it came to nothing. */
export interface Board {
  /** Says it; what is said is gone by itself after `ttlMs`. */
  put(nodeId: string, record: string, ttlMs: number): Promise<void>;
  remove(nodeId: string): Promise<void>;
  close(): void;
}
