import { useEffect, useState } from 'react';
import type { Action } from './action.ts';
import { Confirm } from './confirm.tsx';
import type { Desk, OpenDesk as OpenState } from './desk.ts';
import { Nodes } from './nodes.tsx';
import { Quality } from './quality.tsx';
import { RoomDetail } from './room-detail.tsx';
import { Rooms } from './rooms.tsx';
import { inCount, inTime } from './words.ts';

/** So long it is said what was done. */
const DONE_MS = 8_000;

/** All there is to see, and to do. */
export function OpenDesk({ desk, state }: { desk: Desk; state: OpenState }) {
  const { view, watch, at, lostSince } = state;
  const [action, setAction] = useState<Action | null>(null);
  const [done, setDone] = useState('');
  useEffect(() => {
    if (!done) return;
    const timer = setTimeout(() => setDone(''), DONE_MS);
    return () => clearTimeout(timer);
  }, [done]);
  return (
    <>
      <div className="notices" role="status">
        {lostSince !== null && (
          <p className="banner">
            The server is out of reach since {inTime(lostSince)}. What you see is as it was then.
          </p>
        )}
        {lostSince === null && view.isStoreUp === false && (
          <p className="banner">Redis is out of reach: calls go on, and rooms are shown as they were.</p>
        )}
        {done && <p className="done">{done}</p>}
      </div>
      <dl className="totals">
        <Total term="Rooms" count={view.totals?.rooms} />
        <Total term="People in rooms" count={view.totals?.participants} />
        <Total term="Connections" count={view.totals?.connections} />
        <Total term="Media servers" count={view.sfuNodes?.length} />
        <Total term="Signaling servers" count={view.signalingNodes?.length} />
      </dl>
      <div className="desk-columns">
        <div className="desk-column">
          <Rooms desk={desk} view={view} watch={watch} />
          {watch.roomId !== null && <RoomDetail desk={desk} roomId={watch.roomId} room={view.room} onAsk={setAction} />}
        </div>
        <div className="desk-column">
          <Quality view={view} at={at} />
          <Nodes view={view} onAsk={setAction} />
        </div>
      </div>
      {action && <Confirm desk={desk} action={action} onDone={setDone} onClose={() => setAction(null)} />}
    </>
  );
}

function Total({ term, count }: { term: string; count: number | undefined }) {
  return (
    <div>
      <dt>{term}</dt>
      <dd>{inCount(count ?? null)}</dd>
    </div>
  );
}
