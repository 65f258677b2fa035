import type { QualityPoint } from '@parley/shared/operations';
import type { View } from './desk.ts';
import { Plot } from './plot.tsx';
import { type Frame, lineThrough, scaleEnd } from './plot-lines.ts';
import { type Column, Table } from './table.tsx';
import { inTime, meanOf, PATHS, pathInWords, shortTime } from './words.ts';

const WINDOW_MS = 30 * 60_000;
const SCORES = [
  { value: 4.41, label: '4.4' },
  { value: 3.6, label: '3.6', isLimit: true },
  { value: 2.5, label: '2.5' },
  { value: 1, label: '1' },
];
const MOVES: readonly Column[] = [
  { title: 'Time' },
  { title: 'Room' },
  { title: 'Move' },
  { title: 'Longest silence', className: 'number' },
  { title: 'Listeners', className: 'number' },
];

/** How calls have sounded for half an hour, and what moving them has cost. */
export function Quality({ view, at }: { view: View; at: number }) {
  const { points = [], stretchMs = 10_000 } = view.quality ?? {};
  const silences = view.silences ?? [];
  // A point stands for the stretch that begins there.
  const time = { from: at - WINDOW_MS, to: at + stretchMs };
  const scores: Frame = { ...time, low: 1, high: 4.5 };
  const most = scaleEnd(silences.map(({ silenceMs }) => silenceMs));
  const lengths: Frame = { ...time, low: 0, high: most };
  return (
    <section className="panel" aria-labelledby="quality-title">
      <h2 id="quality-title">Quality</h2>
      <div className="plots">
        <Plot
          title="How it sounds (MOS, 4.4 is best)"
          frame={scores}
          marks={SCORES}
          words={`${pathInWords('mesh', points)} ${pathInWords('sfu', points)}`}
          legend={
            <p className="legend">
              <Sample path="mesh" points={points} />
              <Sample path="sfu" points={points} />
            </p>
          }
          empty={points.length === 0 ? 'Nobody has reported in the last half hour.' : null}
        >
          {(['mesh', 'sfu'] as const).map((path) => (
            <path
              key={path}
              className="plot-line"
              data-path={path}
              d={lineThrough(dotsOf(path, points), scores, 3.5 * stretchMs)}
            />
          ))}
        </Plot>
        <Plot
          title="Silence of handovers"
          frame={lengths}
          marks={[
            { value: most, label: shortTime(most) },
            { value: most / 2, label: shortTime(most / 2) },
            { value: 0, label: '0' },
          ]}
          words={
            silences.length === 0
              ? 'No call has moved.'
              : `${silences.length} moves; the longest silence ${shortTime(Math.max(...silences.map((it) => it.silenceMs)))}. They are listed below.`
          }
          empty={silences.length === 0 ? 'No call has moved in the last half hour.' : null}
        >
          <path
            className="plot-dots"
            d={lineThrough(
              silences.map((silence) => ({ at: silence.at, value: silence.silenceMs })),
              lengths,
              -1,
            )}
          />
        </Plot>
      </div>
      {silences.length > 0 && (
        <details className="silences">
          <summary>All moves</summary>
          <Table caption="Handovers of the last half hour, newest first" columns={MOVES}>
            {silences.map((silence) => (
              <tr key={`${silence.at} ${silence.roomId} ${silence.from}`}>
                <td>{inTime(silence.at)}</td>
                <th scope="row">
                  <bdi>{silence.roomId}</bdi>
                </th>
                <td>
                  {PATHS[silence.from]} → {PATHS[silence.to]}
                </td>
                <td className="number">{shortTime(silence.silenceMs)}</td>
                <td className="number">{silence.listeners}</td>
              </tr>
            ))}
          </Table>
        </details>
      )}
    </section>
  );
}

function dotsOf(path: 'mesh' | 'sfu', points: readonly QualityPoint[]) {
  return points.flatMap((point) => {
    const value = meanOf(point[path]);
    return value === null ? [] : [{ at: point.at, value }];
  });
}

function Sample({ path, points }: { path: 'mesh' | 'sfu'; points: readonly QualityPoint[] }) {
  const last = dotsOf(path, points).at(-1);
  return (
    <span className="legend-item">
      <svg viewBox="0 0 28 8" aria-hidden="true" focusable="false">
        <path className="plot-line" data-path={path} d="M2 4H26" />
      </svg>
      {PATHS[path]} <b>{last ? last.value.toFixed(2) : '–'}</b>
    </span>
  );
}
