// Servers log JSON; a person at a terminal reads this.
import { say } from './progress.mjs';

const ORDER = { debug: 0, info: 1, warn: 2, error: 3, silent: 4 };
/** @typedef {keyof typeof ORDER} Level */

/** @param {unknown} value */
const text = (value) => {
  if (value && typeof value === 'object' && 'message' in value) return String(value.message);
  return typeof value === 'string' ? value : JSON.stringify(value);
};

/** What the servers log and we print (`LOG_LEVEL`, by default warnings and errors). @returns {Level} */
export function shownLevel() {
  const level = process.env.LOG_LEVEL ?? '';
  return level in ORDER ? /** @type {Level} */ (level) : 'warn';
}

/**
 * @param {string} name of the server
 * @returns {(entry: import('./server-process.mjs').LogEntry) => void}
 */
export function printLog(name) {
  const least = ORDER[shownLevel()];
  return ({ level, message, time: _time, ...fields }) => {
    // Logged at any level, for whoever starts a server; people get their own line.
    if (message === 'listening') return;
    if ((ORDER[/** @type {Level} */ (level)] ?? ORDER.error) < least) return;
    const details = Object.entries(fields).map(([key, value]) => `${key}=${text(value)}`);
    say([new Date().toTimeString().slice(0, 8), name, level, message, ...details].join(' '));
  };
}
