import type { Clock, Logger } from '@parley/shared/runtime';
import type { MicrophonePlace } from '../slots/microphone.ts';
import type { ModeOptions } from '../slots/mode.ts';
import { Stage } from '../slots/stage.ts';
import type { DirectoryEntry } from './directory.ts';
import type { Room } from './room.ts';

/** A room's stage, told of every microphone in its directory. Its slots are in the directory, too. */
export function createStage(
  room: Room,
  { forwarding, clock, log }: { forwarding: ModeOptions; clock: Clock; log: Logger },
): Stage {
  const { home, directory } = room;
  const stage = new Stage({
    ...forwarding,
    room: {
      home: home.router,
      bring: (producerId) => room.pipes.hold(producerId, home),
      withhold: async (peerId, slotId, withheld) => room.find(peerId)?.withhold(slotId, withheld),
    },
    clock,
    log,
  });
  const isMicrophone = (entry: DirectoryEntry): entry is DirectoryEntry & { peerId: string } => entry.peerId !== null;
  directory.on('added', (entry) => {
    if (!isMicrophone(entry)) return;
    const { id: producerId, peerId, paused } = entry;
    // A branch of this node has a router, another node has none.
    stage.handleProduced({ peerId, producerId, at: entry.origin as MicrophonePlace }, paused);
  });
  directory.on('changed', ({ id, paused }) => stage.handlePaused(id, paused));
  directory.on('removed', ({ id }) => stage.handleProducerClosed(id));
  stage.on('slotOpened', (id) => directory.add({ id, peerId: null, origin: home, paused: false }));
  stage.on('slotClosed', (id) => directory.remove(id));
  stage.on('microphonesDone', () => {
    for (const peer of room.peers) void peer.dropInaudible();
  });
  return stage;
}
