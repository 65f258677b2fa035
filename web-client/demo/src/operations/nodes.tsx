import type { OperationsView } from '@parley/shared/operations';
import type { Action } from './action.ts';
import type { View } from './desk.ts';
import { ACTIONS, type Column, Table } from './table.tsx';
import { counted, inCount, inShare } from './words.ts';

type SfuNode = OperationsView['sfuNodes'][number];

const SFU_COLUMNS: readonly Column[] = [
  { title: 'Node' },
  { title: 'Region', className: 'wide-only' },
  { title: 'Load' },
  { title: 'CPU' },
  { title: 'People', className: 'number' },
  { title: 'Rooms', className: 'number wide-only' },
  { title: 'Workers', className: 'number wide-only' },
  ACTIONS,
];
const SIGNALING_COLUMNS: readonly Column[] = [
  { title: 'Node' },
  { title: 'Connections', className: 'number' },
  { title: 'In rooms', className: 'number' },
];

/** The servers there are. */
export function Nodes({ view, onAsk }: { view: View; onAsk: (action: Action) => void }) {
  const { sfuNodes, signalingNodes } = view;
  return (
    <section className="panel" aria-labelledby="nodes-title">
      <h2 id="nodes-title">Media servers</h2>
      {sfuNodes?.length === 0 && (
        <p className="panel-empty">None is in reach. Rooms stay peer to peer, and as small as that has to be.</p>
      )}
      {sfuNodes !== undefined && sfuNodes.length > 0 && (
        <Table caption="Media servers" columns={SFU_COLUMNS}>
          {sfuNodes.map((node) => (
            <SfuRow key={node.nodeId} node={node} onAsk={onAsk} />
          ))}
        </Table>
      )}
      <h3 className="panel-more">Signaling servers</h3>
      <Table caption="Signaling servers" columns={SIGNALING_COLUMNS}>
        {signalingNodes?.map(({ nodeId, connections, participants }) => (
          <tr key={nodeId}>
            <th scope="row" className="name">
              {nodeId}
            </th>
            <td className="number">{inCount(connections)}</td>
            <td className="number">{inCount(participants)}</td>
          </tr>
        ))}
      </Table>
    </section>
  );
}

function SfuRow({ node, onAsk }: { node: SfuNode; onAsk: (action: Action) => void }) {
  const { nodeId, region, load, cpu, peers, capacity, rooms, workers, draining } = node;
  return (
    <tr>
      <th scope="row" className="name">
        {nodeId}
        {draining && <span className="tag">draining</span>}
      </th>
      <td className="wide-only">{region || '–'}</td>
      <td>
        <Share value={load} />
      </td>
      <td>
        <Share value={cpu} />
      </td>
      <td className="number">
        {inCount(peers)} <span className="of">of {inCount(capacity)}</span>
      </td>
      <td className="number wide-only">{inCount(rooms)}</td>
      <td className="number wide-only">{inCount(workers)}</td>
      <td className="row-action">
        {!draining && (
          <button
            type="button"
            className="plain-button small-button"
            aria-label={`Drain ${nodeId}`}
            onClick={() =>
              onAsk({
                title: `Drain ${nodeId}?`,
                text: `It takes no new rooms, its ${counted(rooms, 'room')} move elsewhere, and its process ends. There is no way back but to start it again.`,
                verb: 'Drain',
                done: `${nodeId} drains.`,
                request: ['node:drain', { nodeId }],
              })
            }
          >
            Drain
          </button>
        )}
      </td>
    </tr>
  );
}

/** Of what it may do: above 80 % it is time for another node. */
function Share({ value }: { value: number }) {
  return (
    <span className="share-of" data-level={value >= 1 ? 'poor' : value >= 0.8 ? 'fair' : 'good'}>
      <span className="share-bar" aria-hidden="true">
        <span style={{ width: `${Math.min(100, value * 100)}%` }} />
      </span>
      {inShare(value)}
    </span>
  );
}
