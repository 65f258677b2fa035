// npm hands Ctrl-C on, but a SIGTERM only as far as the shell between us: then we would run on with nobody above us.
const LOOK_EVERY_MS = 500;

/** Calls `act` once when npm, which had started this process, is gone. @param {() => void} act */
export function whenOrphaned(act) {
  if (!process.env.npm_lifecycle_event) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    act();
  }, LOOK_EVERY_MS);
  timer.unref();
}
