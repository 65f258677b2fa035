import type { OperationsView } from '@parley/shared/operations';
import { Fragment } from 'react';
import type { Action } from './action.ts';
import type { View } from './desk.ts';
import { Share } from './share.tsx';
import { ACTIONS, type Column, Table } from './table.tsx';
import { counted, inCount } from './words.ts';
import { Workers } from './workers.tsx';

type SfuNode = OperationsView['sfuNodes'][number];

const SFU_COLUMNS: readonly Column[] = [
  { title: 'Node' },
  { title: 'Region', className: 'wide-only' },
  { title: 'Load' },
  { title: 'CPU' },
  { title: 'People', className: 'number' },
  { title: 'Rooms', className: 'number wide-only' },
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
            <Fragment key={node.nodeId}>
              <SfuRow node={node} onAsk={onAsk} />
              <tr>
                <td colSpan={SFU_COLUMNS.length}>
                  <Workers node={node} />
                </td>
              </tr>
            </Fragment>
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
  const { nodeId, region, load, cpu, peers, capacity, rooms, draining } = node;
  return (
    <tr className="node-row">
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
