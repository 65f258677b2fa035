export { type Admission, admissionTo, barrierTo } from './admission.ts';
export { toTakeOver } from './healing.ts';
export type {
  Arrival,
  Context,
  DomainEvent,
  Effect,
  Fence,
  FoundSfus,
  Hook,
  NumberedEvent,
  NumberedHook,
  Outcome,
  Reassertion,
  RememberedRoom,
  Result,
  RoomInput,
  SfuContents,
  SfuPeers,
  Speaker,
  Standing,
  Target,
} from './input.ts';
export { memberByJoinId, memberOf } from './members.ts';
export { blankRoom } from './new-room.ts';
export { memoryOf, snapshotOf } from './snapshot.ts';
export {
  hasLostSfu,
  type Member,
  membersOf,
  type RoomSettings,
  type RoomState,
  type SfuHandle,
  type SfuPath,
  sfuPathAt,
  sfuPathOf,
  sfuPathsOf,
  sizeOf,
  wantsSfu,
} from './state.ts';
export { isPathOf } from './topology.ts';
export { transition } from './transition.ts';
export { wakeAt } from './wake.ts';
