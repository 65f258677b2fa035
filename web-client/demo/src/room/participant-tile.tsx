import type { Participant } from '@parley/voice-sdk';
import { memo } from 'react';
import type { RoomStore } from '../session/room-store.ts';
import type { QualityLevel } from '../text/quality.ts';
import { Flag } from '../ui/flag.tsx';
import { Icon } from '../ui/icon.tsx';
import { Spoken } from '../ui/spoken.tsx';
import { QualityBars } from './quality-bars.tsx';
import { SpeakingRing } from './speaking-ring.tsx';
import { VolumeSlider } from './volume-slider.tsx';

interface ParticipantTileProps {
  readonly participant: Participant;
  readonly store: RoomStore;
  readonly quality: QualityLevel | null;
}

/** One person: who, whether they talk, whether they can, and how loud they are here. */
export const ParticipantTile = memo(function ParticipantTile({ participant, store, quality }: ParticipantTileProps) {
  const { id, name, isSelf, muted, deafened, speaking, connection } = participant;
  const away = connection === 'reconnecting';
  return (
    <li className="tile" data-speaking={speaking} data-away={away}>
      <div className="tile-flag">
        {speaking && <SpeakingRing level={isSelf ? () => store.room.inputLevel : undefined} />}
        <Flag name={name} />
        <Mark muted={muted} deafened={deafened} />
      </div>
      <div className="tile-text">
        <p className="tile-name">
          <bdi>{name}</bdi>
          {isSelf && <span className="tile-self">you</span>}
        </p>
        {away && <p className="tile-state">reconnecting…</p>}
        {speaking && <Spoken>talking</Spoken>}
      </div>
      {!isSelf && (
        <div className="tile-controls">
          <VolumeSlider name={name} volume={participant.volume} onChange={(volume) => store.setVolume(id, volume)} />
        </div>
      )}
      {!isSelf && quality !== null && (
        <span className="tile-quality" title={`${quality} connection`}>
          <QualityBars level={quality} />
          <Spoken>{quality} connection</Spoken>
        </span>
      )}
    </li>
  );
});

/** Deafened says more than muted: who hears nothing cannot answer either. */
function Mark({ muted, deafened }: { muted: boolean; deafened: boolean }) {
  if (!muted && !deafened) return null;
  return (
    <span className="tile-mark">
      <Icon name={deafened ? 'headphonesOff' : 'microphoneOff'} />
      {muted && <Spoken>muted</Spoken>}
      {deafened && <Spoken>deafened</Spoken>}
    </span>
  );
}
