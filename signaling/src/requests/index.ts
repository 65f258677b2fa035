import type { RequestName } from '@parley/shared/protocol';
import type { Handler } from './context.ts';
import { iceServers } from './ice-servers.ts';
import { matchBlock } from './match-block.ts';
import { matchBlocks } from './match-blocks.ts';
import { matchCancel } from './match-cancel.ts';
import { matchConfirm } from './match-confirm.ts';
import { matchEnqueue } from './match-enqueue.ts';
import { matchReport } from './match-report.ts';
import { matchUnblock } from './match-unblock.ts';
import { meshSignal } from './mesh-signal.ts';
import { moderateMute } from './moderate-mute.ts';
import { moderatePin } from './moderate-pin.ts';
import { moderateRemove } from './moderate-remove.ts';
import { presenceUnwatch } from './presence-unwatch.ts';
import { presenceWatch } from './presence-watch.ts';
import { qualityReport } from './quality-report.ts';
import { roomEnd } from './room-end.ts';
import { roomJoin } from './room-join.ts';
import { roomLeave } from './room-leave.ts';
import { roomLock } from './room-lock.ts';
import { roomReady } from './room-ready.ts';
import { roomRequestSfu } from './room-request-sfu.ts';
import { roomResume } from './room-resume.ts';
import { roomSnapshot } from './room-snapshot.ts';
import { selfUpdate } from './self-update.ts';
import { sessionPing } from './session-ping.ts';
import { sessionRefresh } from './session-refresh.ts';
import { sfuCloseProducer } from './sfu-close-producer.ts';
import { sfuConnect } from './sfu-connect.ts';
import { sfuConsume } from './sfu-consume.ts';
import { sfuOpen } from './sfu-open.ts';
import { sfuPauseProducer } from './sfu-pause-producer.ts';
import { sfuProduce } from './sfu-produce.ts';
import { sfuRestartIce } from './sfu-restart-ice.ts';
import { sfuResumeConsumers } from './sfu-resume-consumers.ts';

/** Who answers which request. */
export const HANDLERS: { [R in RequestName]: Handler<R> } = {
  'session:ping': sessionPing,
  'session:refresh': sessionRefresh,
  'ice:servers': iceServers,
  'room:join': roomJoin,
  'room:resume': roomResume,
  'room:leave': roomLeave,
  'room:snapshot': roomSnapshot,
  'room:ready': roomReady,
  'room:requestSfu': roomRequestSfu,
  'self:update': selfUpdate,
  'moderate:mute': moderateMute,
  'moderate:remove': moderateRemove,
  'moderate:pin': moderatePin,
  'room:lock': roomLock,
  'room:end': roomEnd,
  'mesh:signal': meshSignal,
  'sfu:open': sfuOpen,
  'sfu:connect': sfuConnect,
  'sfu:restartIce': sfuRestartIce,
  'sfu:produce': sfuProduce,
  'sfu:pauseProducer': sfuPauseProducer,
  'sfu:closeProducer': sfuCloseProducer,
  'sfu:consume': sfuConsume,
  'sfu:resumeConsumers': sfuResumeConsumers,
  'presence:watch': presenceWatch,
  'presence:unwatch': presenceUnwatch,
  'quality:report': qualityReport,
  'match:block': matchBlock,
  'match:blocks': matchBlocks,
  'match:cancel': matchCancel,
  'match:confirm': matchConfirm,
  'match:enqueue': matchEnqueue,
  'match:report': matchReport,
  'match:unblock': matchUnblock,
};
