import { type IceServer, IceServerSchema } from '@parley/shared/protocol';
import { list, whole } from '@parley/shared/runtime/environment';
import { secret } from '@parley/shared/runtime/secrets';
import * as v from 'valibot';

const json = (name: string) =>
  v.rawTransform<string, unknown>(({ dataset, addIssue, NEVER }) => {
    try {
      return JSON.parse(dataset.value);
    } catch {
      addIssue({ message: `${name} must be JSON` });
      return NEVER;
    }
  });

export const iceSettings = {
  /** STUN servers, and TURN servers with passwords of their own, for all clients: a JSON array of RTCIceServer. */
  ICE_SERVERS: v.optional(v.pipe(v.string(), json('ICE_SERVERS'), v.array(IceServerSchema), v.maxLength(16)), '[]'),
  /** TURN servers that share TURN_SECRET with us, with the region of each if it has one: eu=turn:turn.example.org. */
  TURN_SERVERS: v.optional(
    list(
      'TURN_SERVERS',
      isTurnServer,
      'turn: or turns: URLs, for example turn:turn.example.org,turns:turn.example.org',
    ),
    '',
  ),
  /** What the TURN servers know a user by whom we have sent; the same as theirs. */
  TURN_SECRET: v.optional(v.pipe(v.string(), v.maxLength(1024), secret())),
  /** So long a user's credentials hold; in a call they are renewed in time. */
  TURN_LIFETIME_MS: v.optional(whole('TURN_LIFETIME_MS', 5_000, 86_400_000, 'milliseconds'), '600000'),
};

/** TURN servers of one region; `region` is empty for those that have none. */
export interface TurnRegion {
  readonly region: string;
  readonly urls: readonly string[];
}

export type TurnSettings = Readonly<{ secret: string; lifetimeMs: number; regions: readonly TurnRegion[] }>;
export type IceSettings = Readonly<{
  /** The same for everyone. */
  servers: readonly IceServer[];
  turn: TurnSettings | undefined;
}>;

interface Read {
  ICE_SERVERS: IceServer[];
  TURN_SERVERS: string[];
  TURN_SECRET?: string | undefined;
  TURN_LIFETIME_MS: number;
}

/** What is wrong with the settings above, taken together. */
export function iceProblems({ TURN_SERVERS, TURN_SECRET }: Read): string[] {
  if (TURN_SERVERS.length === 0 || TURN_SECRET) return [];
  return ["TURN_SERVERS needs a TURN_SECRET, the same as the TURN servers'; for example that of openssl rand -hex 32"];
}

/** @param read the settings above, read */
export function iceOf({ ICE_SERVERS, TURN_SERVERS, TURN_SECRET = '', TURN_LIFETIME_MS }: Read): IceSettings {
  const regions = new Map<string, string[]>();
  for (const item of TURN_SERVERS) {
    const { region, url } = parts(item);
    regions.set(region, [...(regions.get(region) ?? []), ...transportsOf(url)]);
  }
  const turn = {
    secret: TURN_SECRET,
    lifetimeMs: TURN_LIFETIME_MS,
    regions: [...regions].map(([region, urls]) => Object.freeze({ region, urls: Object.freeze(urls) })),
  };
  return Object.freeze({ servers: ICE_SERVERS, turn: regions.size > 0 ? Object.freeze(turn) : undefined });
}

/** `[region=]scheme:host[:port][?transport=…]` (RFC 7065); a browser knows no TURN over DTLS. */
const TURN_SERVER = /^(?:([^=,:?\s]{1,64})=)?(turn:HOST(?:\?transport=(?:udp|tcp))?|turns:HOST(?:\?transport=tcp)?)$/;
const HOST = /(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::[1-9]\d{0,4})?/;
const PATTERN = new RegExp(TURN_SERVER.source.replaceAll('HOST', HOST.source));

function isTurnServer(item: string): boolean {
  return PATTERN.test(item);
}

function parts(item: string): { region: string; url: string } {
  const [, region = '', url = ''] = PATTERN.exec(item) ?? [];
  return { region, url };
}

/** Without a transport a browser would try UDP only; where that is closed, TCP may be open. */
function transportsOf(url: string): string[] {
  if (url.includes('?')) return [url];
  return url.startsWith('turns:') ? [`${url}?transport=tcp`] : [`${url}?transport=udp`, `${url}?transport=tcp`];
}
