import { useEffect, useState } from 'react';
import type { Desk, View, Watch } from './desk.ts';
import { type Column, Table } from './table.tsx';
import { counted, inCount, PHASES } from './words.ts';

/** Letters typed within that belong to one wish. */
const TYPING_MS = 200;
const COLUMNS: readonly Column[] = [
  { title: 'Room' },
  { title: 'People', className: 'number' },
  { title: 'Sound goes' },
  { title: 'Node', className: 'wide-only' },
];

interface RoomsProps {
  readonly desk: Desk;
  readonly view: View;
  readonly watch: Watch;
}

/** Rooms by a part of their name; one of them can be looked into. */
export function Rooms({ desk, view, watch }: RoomsProps) {
  const [filter, setFilter] = useState(watch.filter);
  useEffect(() => {
    const timer = setTimeout(() => desk.watch({ filter }), TYPING_MS);
    return () => clearTimeout(timer);
  }, [desk, filter]);

  const { matching = 0, list = [] } = view.rooms ?? {};
  return (
    <section className="panel" aria-labelledby="rooms-title">
      <div className="panel-bar">
        <h2 id="rooms-title">Rooms</h2>
        <div className="field filter">
          <label htmlFor="room-filter" className="spoken">
            Part of a room’s name
          </label>
          <input
            id="room-filter"
            type="search"
            placeholder="Part of a name"
            maxLength={64}
            value={filter}
            onChange={(event) => setFilter(event.target.value)}
          />
        </div>
      </div>
      {view.rooms && list.length === 0 && (
        <p className="panel-empty">
          {watch.filter.trim() ? 'No room has that in its name.' : 'Nobody talks just now.'}
        </p>
      )}
      {list.length > 0 && (
        <Table caption="Rooms" columns={COLUMNS}>
          {list.map(({ roomId, participants, topology, locked, nodes }) => (
            <tr key={roomId} aria-current={roomId === watch.roomId ? 'true' : undefined}>
              <th scope="row">
                <button
                  type="button"
                  className="link-button room-link"
                  aria-expanded={roomId === watch.roomId}
                  aria-controls={roomId === watch.roomId ? 'room-detail' : undefined}
                  onClick={() => desk.watch({ roomId: roomId === watch.roomId ? null : roomId })}
                >
                  <bdi>{roomId}</bdi>
                </button>
                {locked && <span className="tag">locked</span>}
              </th>
              <td className="number">{inCount(participants)}</td>
              <td>
                <span className="phase" data-phase={topology}>
                  {PHASES[topology]}
                </span>
              </td>
              <td className="wide-only name">{nodes.join(', ') || '–'}</td>
            </tr>
          ))}
        </Table>
      )}
      {matching > list.length && (
        <p className="hint">
          The first {list.length} of {counted(matching, 'room')}, by name. Type a part of a name to see others.
        </p>
      )}
    </section>
  );
}
