import { deepEqual, ok } from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { SignalingNode } from '../../../scripts/signaling-nodes.mjs';
import { Assembly } from './assembly.ts';
import type { Cluster } from './cluster.ts';
import { EMPTY_SFU } from './metrics.ts';
import { recover, tell } from './recovery.ts';
import { playCluster, type Scene } from './scene.ts';
import { expectMetricsOf } from './servers.ts';
import { type SilenceReading, SilenceWatch } from './silence.ts';
import { pause } from './until.ts';

/** Far more than a fault of signaling is to cost: media does not go through it. */
const NEVER_THIS_SILENT_MS = 500;
/** Someone whose tab died at the very end of a fault must still be gone 20 s later. */
const SETTINGS = { ...Assembly.SETTINGS, RESUME_WINDOW_MS: 10_000 };

export interface Fault {
  readonly name: string;
  /** Makes it happen. `serving`: the nodes that are to serve again before the end; none: all, after the end. */
  strike(scene: Scene<Cluster>): Promise<{ serving?: readonly SignalingNode[]; until?: Promise<unknown> }>;
  /** How long it lasts; by default as long as it takes to look. */
  readonly lastsMs?: number;
  /** Mends what was broken. */
  end?(scene: Scene<Cluster>): Promise<unknown>;
}

/**
 * A fault in the middle of two calls, a mesh and one on the SFU, with people on all nodes. The sound goes on, the people
 * stay the same, whoever dies meanwhile is gone for everyone in the end, and the nodes serve again: how soon is printed.
 */
export function endure(t: TestContext, fault: Fault): Promise<void> {
  return playCluster({ signaling: SETTINGS }, async (scene) => {
    const { platform } = scene;
    const assembly = await Assembly.gather(scene);
    const watches = await Promise.all(assembly.parties.map(({ people }) => SilenceWatch.begin(people)));

    let since = performance.now();
    const { serving, until: done } = await fault.strike(scene);
    await assembly.killGhostTab();
    if (serving) {
      tell(t, fault.name, await recover(assembly, serving, since));
      await done;
    }
    await assembly.expectSound();
    await pause(Math.max(0, (fault.lastsMs ?? 0) - (performance.now() - since)));
    // Struck and mended in one, and what was served again meanwhile, counts from the blow.
    if (fault.end) since = performance.now();
    await fault.end?.(scene);
    tell(t, serving ? `${fault.name}, once it is back` : fault.name, await recover(assembly, platform.nodes, since));

    for (const [i, { kind }] of assembly.parties.entries()) {
      const watch = watches[i];
      if (watch) judge(t, `${fault.name} (${kind})`, await watch.read());
    }
    await assembly.expectSound();
    deepEqual(await assembly.changes(), []);
    await assembly.leave();
    await expectMetricsOf('the SFU', () => platform.sfuMetrics(), EMPTY_SFU);
  });
}

function judge(t: TestContext, what: string, { longestMs, lagMs }: SilenceReading): void {
  t.diagnostic(`${what}: longest silence ${longestMs.toFixed(0)} ms (audio lagged ${lagMs.toFixed(0)} ms)`);
  ok(longestMs < NEVER_THIS_SILENT_MS + lagMs, `${what}: ${longestMs} ms of silence`);
}
