export { type ErrorCode, ParleyError as VoiceError } from '@parley/shared/protocol';
export type {
  CloseReason,
  ConnectionState,
  HandoverReport,
  JoinOptions,
  Microphone,
  Moderator,
  OpusOptions,
  Participant,
  ParticipantStats,
  Presence,
  PresenceChange,
  PresenceEvents,
  PresenceWatch,
  PresentUser,
  Room,
  RoomEvents,
  RoomStats,
  TopologyKind,
  VoiceClientEvents,
  VoiceClientOptions,
} from './types.ts';
export { VoiceClient } from './voice-client.ts';
