/** The page's one AudioContext, while anyone uses it: each has a real-time thread and an output of its own. */
let shared: { context: AudioContext; users: number } | null = null;

/** Borrows the page's AudioContext; give it back with `releaseAudioContext`. */
export function acquireAudioContext(): AudioContext {
  // At the rate of the device: Firefox refuses microphones in a context of another rate.
  shared ??= { context: new AudioContext({ latencyHint: 'interactive' }), users: 0 };
  shared.users++;
  return shared.context;
}

/** Closes the context with its last user. */
export function releaseAudioContext(): void {
  if (!shared || --shared.users > 0) return;
  void shared.context.close().catch(() => undefined);
  shared = null;
}

/** Starts it, where the browser waited for a gesture. */
export async function resumeAudioContext(): Promise<void> {
  if (shared?.context.state === 'suspended') await shared.context.resume().catch(() => undefined);
}
