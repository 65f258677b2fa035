import type { OperationsView, QualityPoint, Scores } from '@parley/shared/operations';
import type { ErrorCode } from '@parley/voice-sdk';
import type { Failure } from '../text/failures.ts';

/** Why the server would not, as it says it. */
export interface Refusal {
  readonly code: string;
  readonly message?: string;
  readonly retryAfterMs?: number | undefined;
}

const TEXTS: Partial<Record<ErrorCode, Failure>> = {
  unauthorized: {
    title: 'That is not the key.',
    advice: 'It is the server’s setting ADMIN_KEY. Look it up and try again.',
  },
  invalid_request: {
    title: 'That cannot be a key.',
    advice: 'It has 1 to 1024 characters: the server’s setting ADMIN_KEY.',
  },
  unknown_request: {
    title: 'This server has no operations page.',
    advice: 'Its setting ADMIN_KEY is not set. Set it, start the server again, and come back.',
  },
  rate_limited: { title: 'That was too often.', advice: 'Wait a minute and try again.' },
  server_full: { title: 'Too many operators look on already.', advice: 'Close the page somewhere else and try again.' },
  server_shutdown: {
    title: 'This server is being shut down.',
    advice: 'Try again in a moment: another one answers then.',
  },
  connection_lost: {
    title: 'The server cannot be reached.',
    advice: 'Check your connection, and whether the server runs.',
  },
  timeout: {
    title: 'The server did not answer in time.',
    advice: 'It may have been done all the same: look at the page before you try again.',
  },
  store_unavailable: {
    title: 'The servers cannot agree just now.',
    advice: 'Redis is out of reach. Calls go on; try again shortly.',
  },
  not_found: { title: 'There is no such node any more.', advice: 'It has gone meanwhile: nothing is left to do.' },
  room_not_found: {
    title: 'There is no such room any more.',
    advice: 'Everyone has left it meanwhile: nothing is left to do.',
  },
  participant_not_found: { title: 'They have left the room.', advice: 'Nothing is left to do.' },
  sfu_unavailable: { title: 'The node does not answer.', advice: 'It may be gone. See whether it is still listed.' },
};

/** A refusal in words: what happened, and what to do. */
export function refusalInWords({ code, message }: Refusal): Failure {
  const known = Object.hasOwn(TEXTS, code) ? TEXTS[code as ErrorCode] : undefined;
  return (
    known ?? {
      title: message || 'Something unexpected happened.',
      advice: 'Try again; if it goes on, look at the server’s log.',
    }
  );
}

type Phase = OperationsView['rooms']['list'][number]['topology'];

/** Where a room's media flows, in a word or three. */
export const PHASES: Record<Phase, string> = {
  mesh: 'P2P',
  promoting: 'P2P → SFU',
  sfu: 'SFU',
  moving: 'SFU → SFU',
  demoting: 'SFU → P2P',
};

export const PATHS = { mesh: 'P2P', sfu: 'SFU' } as const;

/** @param share 0 to 1 and above */
export function inShare(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** 80 % of what it may do: time for another node, or worker. */
export function levelOf(share: number): 'good' | 'fair' | 'poor' {
  return share >= 1 ? 'poor' : share >= 0.8 ? 'fair' : 'good';
}

export function inCount(count: number | null): string {
  return count === null ? '–' : count.toLocaleString('en');
}

/** "1 room", "3 people". */
export function counted(count: number, noun: string): string {
  const many = noun === 'person' ? 'people' : `${noun}s`;
  return `${inCount(count)} ${count === 1 ? noun : many}`;
}

/** @param ms since the epoch */
export function inTime(ms: number): string {
  return new Date(ms).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit' });
}

/** The middle of the scores; null: there were none. */
export function meanOf({ count, sum }: Scores): number | null {
  return count === 0 ? null : sum / count;
}

/** The plot of one path, for who does not see it. */
export function pathInWords(path: 'mesh' | 'sfu', points: readonly QualityPoint[]): string {
  const means = points.map((point) => meanOf(point[path])).filter((mean) => mean !== null);
  const last = means.at(-1);
  if (last === undefined) return `${PATHS[path]}: nothing reported yet.`;
  const count = points.reduce((sum, point) => sum + point[path].count, 0);
  const poor = points.reduce((sum, point) => sum + point[path].poor, 0);
  const least = Math.min(...means).toFixed(1);
  const most = Math.max(...means).toFixed(1);
  const range = least === most ? `${most} throughout` : `${last.toFixed(1)} now, ${least} to ${most} in all`;
  return `${PATHS[path]}: ${range}; ${inShare(poor / count)} of ${counted(count, 'report')} below 3.6.`;
}

/** A stretch of time, in short: seconds from one on. */
export function shortTime(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${Number((ms / 1_000).toFixed(1))} s`;
}

/** How each worker of a node is. */
export type Pool = NonNullable<OperationsView['sfuNodes'][number]['pool']>;

/** How many there were in its place before it; where there is none, the last of them is not replaced yet. */
export function replacedBy({ state, deaths }: Pool[number]): number {
  return state === 'down' ? Math.max(0, deaths - 1) : deaths;
}

/** The workers of a node in a line: how many, what is wrong with some now, and how many were lost before. */
export function workersInWords(pool: Pool): { sum: string; troubles: string[]; past: string } {
  const count = (state: Pool[number]['state']) => pool.filter((worker) => worker.state === state).length;
  const [down, silent] = [count('down'), count('silent')];
  const replaced = pool.reduce((sum, worker) => sum + replacedBy(worker), 0);
  const busiest = Math.max(...pool.map(({ load, cpu }) => Math.max(load, cpu)));
  return {
    // Of one alone the node's own figures say it.
    sum: counted(pool.length, 'worker') + (pool.length > 1 ? `, the busiest at ${inShare(busiest)}` : ''),
    troubles: [down > 0 && `${down} down`, silent > 0 && `${silent} not answering`].filter((word) => word !== false),
    past: replaced > 0 ? `${inCount(replaced)} replaced` : '',
  };
}
