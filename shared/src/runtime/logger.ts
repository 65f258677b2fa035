export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';
export type LogFields = Record<string, unknown>;

/** Structured log. Bind room, peer, node once with `child`; never pass a secret. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  child(bound: LogFields): Logger;
}

const ORDER: Record<LogLevel, number> = { debug: 0, info: 1, warn: 2, error: 3, silent: 4 };

/** JSON lines, one an entry, to `write`. Errors are logged by name, message, code and stack. */
export function createLogger(options: {
  level: LogLevel;
  write: (line: string) => void;
  bound?: LogFields;
  now?: () => number;
}): Logger {
  const { level, write, bound = {}, now = Date.now } = options;
  const log = (at: Exclude<LogLevel, 'silent'>) => (message: string, fields?: LogFields) => {
    if (ORDER[at] < ORDER[level]) return;
    const entry = { time: new Date(now()).toISOString(), level: at, message, ...bound, ...fields };
    write(JSON.stringify(entry, replaceErrors));
  };
  return {
    debug: log('debug'),
    info: log('info'),
    warn: log('warn'),
    error: log('error'),
    child: (more) => createLogger({ ...options, bound: { ...bound, ...more } }),
  };
}

/** A logger that says nothing: the default in the SDK and in unit tests. */
export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLogger,
};

function replaceErrors(_key: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  const { name, message, stack } = value;
  return { name, message, code: (value as { code?: unknown }).code, stack };
}
