/** How a server reaches its Redis; what ioredis is made with. */

/** How long a connection that broke is away at most before the next try, in milliseconds. */
const RECONNECT_MAX_MS = 1_000;
const CONNECT_TIMEOUT_MS = 3_000;

/** Nothing waits for a Redis that is out of reach: a command then fails at once. */
const options = {
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  connectTimeout: CONNECT_TIMEOUT_MS,
  // Its answers would go unheard: a connection that breaks meanwhile is a rejection nobody handles.
  autoResubscribe: false,
  retryStrategy: (times: number) =>
    Math.min(50 * 2 ** Math.min(times, 6), RECONNECT_MAX_MS) * (0.5 + Math.random() / 2),
};

/** For `new Redis(...)`. */
export function redisArguments([url = 'redis://127.0.0.1:6379']: readonly string[], commandTimeout: number) {
  return [url, { ...options, commandTimeout }] as const;
}

/** For `new Cluster(...)`: who asks, and whether in secret, is as in the first of the URLs. */
export function redisClusterArguments(urls: readonly string[], commandTimeout: number) {
  const nodes = urls.map((url) => new URL(url));
  const { username = '', password = '', protocol } = nodes[0] ?? {};
  return [
    nodes.map(({ hostname, port }) => ({ host: hostname, port: Number(port || 6379) })),
    {
      enableOfflineQueue: false,
      clusterRetryStrategy: (times: number) => Math.min(100 * times, RECONNECT_MAX_MS),
      redisOptions: {
        ...options,
        commandTimeout,
        ...(username && { username: decodeURIComponent(username) }),
        ...(password && { password: decodeURIComponent(password) }),
        ...(protocol === 'rediss:' && { tls: {} }),
      },
    },
  ] as const;
}
