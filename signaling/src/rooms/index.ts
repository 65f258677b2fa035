export { type Admission, admissionTo, barrierTo } from './admission.ts';
export { mustTakeOver } from './healing.ts';
export type {
  Arrival,
  Context,
  DomainEvent,
  Effect,
  Fence,
  Hook,
  NumberedEvent,
  NumberedHook,
  Outcome,
  Reassertion,
  RememberedRoom,
  Result,
  RoomInput,
  SfuPeers,
  Speaker,
  Standing,
  Target,
} from './input.ts';
export { memberByJoinId, memberOf } from './members.ts';
export { blankRoom } from './new-room.ts';
export { snapshotOf } from './snapshot.ts';
export {
  hasLostSfu,
  type Member,
  membersOf,
  type RoomSettings,
  type RoomState,
  type SfuHandle,
  type SfuPath,
  sizeOf,
  wantsSfu,
} from './state.ts';
export { isPathOf } from './topology.ts';
export { transition } from './transition.ts';
export { wakeAt } from './wake.ts';
