import type { RequestName } from '@parley/shared/protocol';
import type { RequestClass } from './settings.ts';

/** Which class each request belongs to. One that is missing here does not compile. */
export const CLASS_OF: Readonly<Record<RequestName, RequestClass>> = {
  'room:join': 'room',
  'room:resume': 'room',
  'room:leave': 'room',
  'room:snapshot': 'room',
  'room:ready': 'room',
  'room:requestSfu': 'room',
  'self:update': 'room',
  'moderate:mute': 'room',
  'moderate:remove': 'room',
  'moderate:pin': 'room',
  'room:lock': 'room',
  'room:end': 'room',
  'session:ping': 'session',
  'session:refresh': 'session',
  'ice:servers': 'session',
  'quality:report': 'session',
  'mesh:signal': 'media',
  'sfu:open': 'media',
  'sfu:connect': 'media',
  'sfu:restartIce': 'media',
  'sfu:produce': 'media',
  'sfu:pauseProducer': 'media',
  'sfu:closeProducer': 'media',
  'sfu:consume': 'media',
  'sfu:resumeConsumers': 'media',
  'presence:watch': 'presence',
  'presence:unwatch': 'presence',
  'match:enqueue': 'queue',
  'match:cancel': 'queue',
  'match:confirm': 'queue',
  'match:block': 'queue',
  'match:unblock': 'queue',
  'match:blocks': 'queue',
  'match:report': 'queue',
};

/** Requests that are counted per user and minute too, at all nodes together. */
export const USER_LIMIT_OF: Readonly<Partial<Record<RequestName, 'joins' | 'enqueues'>>> = {
  'room:join': 'joins',
  'match:enqueue': 'enqueues',
};
