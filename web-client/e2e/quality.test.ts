import { equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { expectTopology, type Person, play, type Scene, until } from './harness/index.ts';

test('people tell the server how they hear each other, and how they came to', () =>
  play({ signaling: { MESH_MAX_PEERS: 2 } }, async (scene) => {
    const [ann, ben] = (await scene.join('kitchen', ['Ann', 'Ben'])) as [Person, Person];
    const figures = await told(scene, 'both to report', (of) => of('parley_quality_mos_count') >= 2);
    equal(figures('parley_media_path_attempts_total'), 2);
    equal(figures('parley_media_path_setup_seconds_count'), 2, 'both links came up');
    const mos = figures('parley_quality_mos_sum') / figures('parley_quality_mos_count');
    ok(mos > 3.6 && mos < 4.42, `a call on one machine is a good one: MOS ${mos}`);
    // Whoever came second was the only one who could wait for a first sound.
    equal(figures('parley_quality_first_audio_seconds_count'), 1);
    ok(figures('parley_quality_first_audio_seconds_sum') < 10);
    ok(figures('parley_quality_bandwidth_bytes_per_second_count') >= 4, 'up and down, of both');

    const [cleo] = (await scene.join('kitchen', ['Cleo'])) as [Person];
    await expectTopology([ann, ben, cleo], 'sfu');
    await ann.leave();
    await scene.platform.expectMetrics('signaling', { parley_participants: 2 });
    // Whoever leaves tells what the next report would have told.
    await Promise.all([ben.leave(), cleo.leave()]);
    await told(scene, 'three ways to the SFU', (of) => of('parley_media_path_setup_seconds_count') >= 5);
  }));

type Figures = (name: string) => number;

/** The server's figures, once they are so. */
async function told(scene: Scene, what: string, enough: (figures: Figures) => boolean): Promise<Figures> {
  let figures: Figures = () => 0;
  await until(what, async () => {
    const metrics = await scene.platform.metrics('signaling');
    figures = (name) => metrics.get(name) ?? 0;
    return enough(figures) ? null : 'not yet';
  });
  return figures;
}
