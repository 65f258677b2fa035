import type { OperationsView } from '@parley/shared/operations';
import { counted, inCount, inShare, levelOf, type Pool, replacedBy, workersInWords } from './words.ts';

type SfuNode = OperationsView['sfuNodes'][number];
/** `index`: the number it has in logs and metrics. */
type Worker = Pool[number] & { readonly index: number };

const LOST: Record<Exclude<Worker['state'], 'up'>, string> = {
  silent: 'does not answer',
  down: 'down, is being replaced',
};

/** Each worker of a node at a glance, and in figures for who opens it. */
export function Workers({ node: { nodeId, workers, pool } }: { node: SfuNode }) {
  // One of an older version says only how many there are.
  if (!pool) return <p className="workers-count">{counted(workers, 'worker')}</p>;
  const { sum, troubles, past } = workersInWords(pool);
  const all = pool.map((worker, index): Worker => ({ ...worker, index }));
  return (
    <details className="workers">
      <summary>
        <span className="workers-sum">
          <span className="worker-bars" data-many={pool.length > 16} aria-hidden="true">
            {all.map((worker) => (
              <Bar key={worker.index} worker={worker} />
            ))}
          </span>
          <span>
            {sum}
            <span className="spoken"> of {nodeId}</span>
          </span>
          {troubles.map((trouble) => (
            <span key={trouble} className="tag">
              {trouble}
            </span>
          ))}
          {past && <span className="past">{past}</span>}
        </span>
      </summary>
      <p className="hint">Bars: packets expected, of those each may send. Lines across: its CPU.</p>
      <ol className="worker-list">
        {all.map((worker) => (
          <Figures key={worker.index} worker={worker} />
        ))}
      </ol>
    </details>
  );
}

function Bar({ worker: { state, load, cpu } }: { worker: Worker }) {
  const height = (share: number) => `${Math.min(100, share * 100)}%`;
  return (
    <span className="worker-bar" data-state={state} data-level={levelOf(Math.max(load, cpu))}>
      <span className="worker-load" style={{ height: height(load) }} />
      <span className="worker-cpu" style={{ bottom: height(cpu), translate: `0 ${height(cpu)}` }} />
    </span>
  );
}

function Figures({ worker }: { worker: Worker }) {
  const { index, state, load, cpu, peers } = worker;
  const replaced = replacedBy(worker);
  return (
    <li>
      <span className="name">
        <span className="spoken">Worker </span>
        {index}
      </span>
      {state === 'up' ? (
        <>
          <span>load {inShare(load)}</span> <span>CPU {inShare(cpu)}</span> <span>{counted(peers, 'person')}</span>
        </>
      ) : (
        <b>{LOST[state]}</b>
      )}
      {replaced > 0 && <span className="past">replaced {replaced === 1 ? 'once' : `${inCount(replaced)} times`}</span>}
    </li>
  );
}
