import type { CSSProperties } from 'react';
import type { RoomStore, RoomView } from '../session/room-store.ts';
import type { RoomQuality } from '../text/quality.ts';
import { ParticipantTile } from './participant-tile.tsx';

interface ParticipantListProps {
  readonly view: RoomView;
  readonly store: RoomStore;
  readonly quality: RoomQuality;
}

/** Few people get large tiles, many get small ones. */
function density(count: number): 'roomy' | 'normal' | 'dense' {
  if (count <= 4) return 'roomy';
  return count <= 20 ? 'normal' : 'dense';
}

/** The number of columns, that leaves the fewest places of the last row empty within three rows; six, if that is enough. */
function columns(count: number): number {
  const fewest = Math.max(3, Math.ceil(count / 3));
  let best = fewest;
  for (let number = fewest; number <= Math.max(6, fewest); number += 1) {
    if (number * Math.ceil(count / number) <= best * Math.ceil(count / best)) best = number;
  }
  return best;
}

export function ParticipantList({ view, store, quality }: ParticipantListProps) {
  const { participants } = view;
  return (
    <>
      <h2 id="participants-title" className="spoken">
        Participants
      </h2>
      <ul
        className="participants"
        // biome-ignore lint/a11y/noRedundantRoles: Safari takes the role away from a list without bullets.
        role="list"
        aria-labelledby="participants-title"
        data-density={density(participants.length)}
        data-count={participants.length}
        style={{ '--columns': columns(participants.length) } as CSSProperties}
      >
        {participants.map((participant) => (
          <ParticipantTile
            key={participant.id}
            participant={participant}
            store={store}
            quality={quality.byParticipant.get(participant.id)?.level ?? null}
          />
        ))}
      </ul>
    </>
  );
}
