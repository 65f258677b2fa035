import type { OperationsView } from '@parley/shared/operations';
import { Icon } from '../ui/icon.tsx';
import type { Action } from './action.ts';
import type { Desk, View } from './desk.ts';
import { ACTIONS, type Column, Table } from './table.tsx';
import { counted, inCount, PATHS, PHASES } from './words.ts';

type Room = NonNullable<OperationsView['room']>;
type Participant = Room['participants'][number];
type SfuPath = Room['sfu'][number];

const COLUMNS: readonly Column[] = [
  { title: 'Name' },
  { title: 'State' },
  { title: 'Signaling', className: 'wide-only' },
  ACTIONS,
];

interface RoomDetailProps {
  readonly desk: Desk;
  readonly roomId: string;
  readonly room: View['room'];
  readonly onAsk: (action: Action) => void;
}

/** One room: where its sound goes, who is in it, and what can be done about either. */
export function RoomDetail({ desk, roomId, room, onAsk }: RoomDetailProps) {
  return (
    <section className="panel" id="room-detail" aria-labelledby="room-title">
      <div className="panel-bar">
        <h2 id="room-title">
          <span className="spoken">Room </span>
          <bdi>{roomId}</bdi>
        </h2>
        {room && (
          <button
            type="button"
            className="plain-button small-button"
            onClick={() =>
              onAsk({
                title: `End ${roomId}?`,
                text: `The call of ${counted(room.size, 'person')} is over at once, and they are told so. They can open the room again.`,
                verb: 'End the room',
                done: `${roomId} has been ended.`,
                request: ['room:end', { roomId }],
              })
            }
          >
            End room
          </button>
        )}
        <button
          type="button"
          className="quiet-button small-button"
          aria-label="Close this room"
          onClick={() => desk.watch({ roomId: null })}
        >
          <Icon name="close" />
        </button>
      </div>
      {room === undefined && <p className="panel-empty">Looking …</p>}
      {room === null && <p className="panel-empty">There is no such room any more.</p>}
      {room && <Content room={room} onAsk={onAsk} />}
    </section>
  );
}

function Content({ room, onAsk }: { room: Room; onAsk: (action: Action) => void }) {
  const { topology, participants, size, sfu } = room;
  return (
    <>
      <p className="room-way">
        <span className="phase" data-phase={topology.phase}>
          {PHASES[topology.phase]}
        </span>
        {topology.next
          ? `On its way from ${PATHS[topology.active.kind]} to ${PATHS[topology.next.kind]}`
          : topology.active.kind === 'mesh'
            ? 'Straight from browser to browser'
            : 'Through a media server'}
        , epoch {topology.epoch}
        {room.locked && <span className="tag">locked</span>}
      </p>
      {sfu.map((path) => (
        <Placement key={path.epoch} path={path} />
      ))}
      <Table caption={`People in ${room.roomId}`} columns={COLUMNS}>
        {participants.map((participant) => (
          <Person key={participant.id} roomId={room.roomId} participant={participant} onAsk={onAsk} />
        ))}
      </Table>
      {size > participants.length && (
        <p className="hint">
          The first {participants.length} of {inCount(size)}, as they came.
        </p>
      )}
    </>
  );
}

interface PersonProps {
  readonly roomId: string;
  readonly participant: Participant;
  readonly onAsk: (action: Action) => void;
}

function Person({ roomId, participant, onAsk }: PersonProps) {
  const { id: participantId, name, silenced, nodeId } = participant;
  const request = ['participant:mute', { roomId, participantId, silenced: !silenced }] as const;
  return (
    <tr>
      <th scope="row">
        <bdi>{name}</bdi>
      </th>
      <td>{stateOf(participant)}</td>
      <td className="wide-only name">{nodeId ?? '–'}</td>
      <td className="row-action">
        <button
          type="button"
          className="plain-button small-button"
          aria-label={silenced ? `Give ${name} the word back` : `Mute ${name}`}
          onClick={() =>
            onAsk(
              silenced
                ? {
                    title: `Give ${name} the word back?`,
                    text: 'They are heard again, as soon as their own switch is on.',
                    verb: 'Give it back',
                    done: `${name} has the word again.`,
                    request,
                  }
                : {
                    title: `Mute ${name}?`,
                    text: 'Nobody in the room hears them until you give them the word back. They see that they are muted.',
                    verb: 'Mute',
                    done: `${name} is muted.`,
                    request,
                  },
            )
          }
        >
          {silenced ? 'Unmute' : 'Mute'}
        </button>
      </td>
    </tr>
  );
}

function stateOf({ connection, silenced, muted, deafened, canSpeak, canListen }: Participant): string {
  const words = [
    connection === 'reconnecting' && 'reconnecting',
    silenced && 'muted by a moderator',
    !canSpeak && 'may not speak',
    !canListen && 'may not listen',
    muted && 'muted',
    deafened && 'deafened',
  ].filter((word) => word !== false);
  return words.join(', ') || 'open microphone';
}

/** Where one SFU path of the room runs: a branch for each worker that carries people of it. */
function Placement({ path: { nodeId, placement } }: { path: SfuPath }) {
  if (!placement) return <p className="placement">On {nodeId}, which does not say more.</p>;
  const { mode, slots, branches } = placement;
  const held = slots.filter(({ peerId }) => peerId !== null).length;
  return (
    <div className="placement">
      <p>
        At home on <b className="name">{nodeId}</b>,{' '}
        {mode === 'slots' ? `${held} of ${slots.length} speaker slots in use` : 'every microphone forwarded'}
      </p>
      <ul>
        {branches.map((branch) => (
          <li key={`${branch.nodeId} ${branch.worker}`}>
            <span className="name">{branch.nodeId}</span>, worker {branch.worker}: {counted(branch.peers, 'person')},{' '}
            {counted(branch.producers, 'microphone')} in, {counted(branch.consumers, 'stream')} out
          </li>
        ))}
      </ul>
    </div>
  );
}
