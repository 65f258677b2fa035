import type { Participant } from '@parley/voice-sdk';
import { memo } from 'react';
import type { RoomStore } from '../session/room-store.ts';
import type { QualityLevel } from '../text/quality.ts';
import { Flag } from '../ui/flag.tsx';
import { Icon, type IconName } from '../ui/icon.tsx';
import { Spoken } from '../ui/spoken.tsx';
import { PinButton } from './pin-button.tsx';
import { QualityBars } from './quality-bars.tsx';
import { SelfLevel } from './self-level.tsx';
import { SpeakingRing } from './speaking-ring.tsx';
import { VolumeSlider } from './volume-slider.tsx';

interface ParticipantTileProps {
  readonly participant: Participant;
  readonly store: RoomStore;
  readonly quality: QualityLevel | null;
}

/** One person: who, whether they talk, whether they can, and how loud they are here. */
export const ParticipantTile = memo(function ParticipantTile({ participant, store, quality }: ParticipantTileProps) {
  const { id, name, isSelf, speaking, pinned } = participant;
  const muted = participant.muted || participant.silenced;
  const mark = markOf(participant);
  const state = stateOf(participant);
  return (
    <li className="tile" data-speaking={speaking} data-away={mark === 'away'}>
      <div className="tile-flag">
        {speaking && <SpeakingRing level={() => store.room.levelOf(id)} />}
        <Flag name={name} />
        {mark && (
          <span className="tile-mark" data-mark={mark}>
            <Icon name={mark} />
          </span>
        )}
      </div>
      <div className="tile-text">
        <p className="tile-name">
          <bdi title={name}>{name}</bdi>
          {isSelf && <span className="tile-self">you</span>}
          {pinned && (
            <span className="tile-pin" title="Pinned: heard whenever they speak">
              <Icon name="pin" />
              <Spoken>pinned</Spoken>
            </span>
          )}
        </p>
        {state && <p className="tile-state">{state}</p>}
      </div>
      <div className="tile-controls">
        {isSelf ? (
          <SelfLevel read={() => store.room.inputLevel} muted={muted} />
        ) : (
          <VolumeSlider name={name} volume={participant.volume} onChange={(volume) => store.setVolume(id, volume)} />
        )}
        {store.isModerator && <PinButton name={name} pinned={pinned} onChange={(on) => void store.pin(id, on)} />}
      </div>
      {!isSelf && quality !== null && (
        <span className="tile-quality" title={`${quality} connection`}>
          <QualityBars level={quality} />
          <Spoken>{quality} connection</Spoken>
        </span>
      )}
    </li>
  );
});

/** What a moderator did comes first; deafened says more than muted: who hears nothing cannot answer either. */
function markOf({ connection, muted, deafened, silenced }: Participant): IconName | null {
  if (connection === 'reconnecting') return 'away';
  if (silenced) return 'silenced';
  if (deafened) return 'headphonesOff';
  return muted ? 'microphoneOff' : null;
}

/** The same in a word or two. */
function stateOf({ connection, muted, deafened, silenced, speaking }: Participant): string {
  if (connection === 'reconnecting') return 'reconnecting…';
  if (silenced) return 'silenced by a moderator';
  if (deafened) return muted ? 'muted, deafened' : 'deafened';
  if (muted) return 'muted';
  return speaking ? 'talking' : '';
}
