import { type ReactNode, useEffect, useRef } from 'react';
import { useQuality } from '../hooks/use-quality.ts';
import { useShortcuts } from '../hooks/use-shortcuts.ts';
import { useStore } from '../hooks/use-store.ts';
import { useStored } from '../hooks/use-stored.ts';
import { NO_MICROPHONE } from '../session/microphone-choice.ts';
import type { RoomStore } from '../session/room-store.ts';
import { Banners } from './banners.tsx';
import { Dock } from './dock.tsx';
import { Invite } from './invite.tsx';
import { MutedTalkHint } from './muted-talk-hint.tsx';
import { ParticipantList } from './participant-list.tsx';
import { RoomHeader } from './room-header.tsx';
import { TalkingLine } from './talking-line.tsx';
import { Toaster } from './toaster.tsx';
import './dock.css';
import './panels.css';
import './participants.css';
import './room.css';
import './tile.css';
import './tile-controls.css';

/** What is different where strangers were brought together. */
export interface EncounterProps {
  /** Instead of the room's name, which means nothing to anyone. */
  readonly title: string;
  readonly onNext: () => void;
  /** Opens the way to block or report someone; undefined while there is nobody. */
  readonly onReport: (() => void) | undefined;
  /** What is shown while nobody else is here. */
  readonly whileAlone: ReactNode;
}

interface RoomPageProps {
  readonly store: RoomStore;
  readonly onLeave: () => void;
  readonly encounter?: EncounterProps;
}

/** The call: who is here, how the sound travels, and the few things one does. */
export function RoomPage({ store, onLeave, encounter }: RoomPageProps) {
  const view = useStore(store);
  const quality = useQuality(store.room);
  const [shortcuts, setShortcuts] = useStored('shortcuts', 'on');
  const heading = useRef<HTMLHeadingElement>(null);
  const listening = view.microphone === NO_MICROPHONE;
  const alone = view.participants.length === 1;

  // The page changed under the person: start reading, and tabbing, at the room's name.
  useEffect(() => heading.current?.focus(), []);

  useShortcuts({
    enabled: shortcuts === 'on',
    muted: view.muted,
    toggleMuted: () => void store.toggleMuted(),
    setMuted: (muted) => (listening ? undefined : store.setMuted(muted)),
    onNext: encounter?.onNext,
  });

  return (
    <div className="room">
      <RoomHeader
        view={view}
        quality={quality}
        headingRef={heading}
        shortcuts={shortcuts === 'on'}
        onShortcuts={(on) => setShortcuts(on ? 'on' : 'off')}
        encounter={encounter}
      />
      <main className="room-main">
        <Banners view={view} store={store} />
        <ParticipantList view={view} store={store} quality={quality} />
        {alone && (encounter ? encounter.whileAlone : <Invite room={view.id} />)}
      </main>
      <div className="room-foot">
        <div className="room-float">
          <Toaster board={store.notices} />
          {view.muted && !listening && !view.silenced && (
            <MutedTalkHint room={store.room} shortcuts={shortcuts === 'on'} />
          )}
        </div>
        <TalkingLine participants={view.participants} />
        <Dock view={view} store={store} onLeave={onLeave} onNext={encounter?.onNext} />
      </div>
    </div>
  );
}
