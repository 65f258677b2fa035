import type { Emitter } from '@parley/shared/runtime';
import type { Playback } from '../playback/playback.ts';
import type { Participant, RoomEvents } from '../types.ts';
import type { Paths } from './paths.ts';
import { isVoiceless, type Roster } from './roster.ts';
import type { SelfState } from './self-state.ts';
import type { SpeakingMonitor } from './speaking.ts';

export interface RosterFollowerOptions {
  roster: Roster;
  paths: Paths;
  playback: Playback;
  speaking: SpeakingMonitor;
  self: SelfState;
  events: Emitter<RoomEvents>;
}

/** Whoever comes, changes or goes: paths, playback and the room's listeners follow. */
export function followRoster({ roster, paths, playback, speaking, self, events }: RosterFollowerOptions): void {
  /** What someone may do, by their grants and by the moderators. */
  const setStanding = (participant: Participant) => {
    const { id, isSelf, silenced, canSpeak, canListen } = participant;
    paths.setListener(id, canListen);
    if (!isSelf) return playback.setSilenced(id, isVoiceless(participant));
    self.setCanSpeak(canSpeak);
    self.setSilenced(silenced);
  };
  roster.on('joined', (participant) => {
    setStanding(participant);
    if (participant.isSelf) return;
    playback.addParticipant(participant.id);
    paths.participantJoined(participant.id);
    events.emit('participantJoined', participant);
    // Whoever comes while there are slots may be heard at once.
    roster.patch(participant.id, { path: playback.kindOf(participant.id) });
  });
  roster.on('left', (participant) => {
    paths.participantLeft(participant.id);
    playback.removeParticipant(participant.id);
    speaking.forget(participant.id);
    events.emit('participantLeft', participant);
  });
  roster.on('updated', (participant, before) => {
    if (participant.connection === 'connected' && before.connection === 'reconnecting') {
      paths.signalingResumed(participant.id);
    }
    if (STANDING.some((key) => participant[key] !== before[key])) setStanding(participant);
    events.emit('participantUpdated', participant);
    if (participant.speaking !== before.speaking) events.emit('speaking', participant, participant.speaking);
  });
}

const STANDING = ['silenced', 'canSpeak', 'canListen'] as const;
