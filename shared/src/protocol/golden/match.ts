import type { Golden } from './golden.ts';

const wishes = {
  mode: 'talk',
  size: 2,
  language: 'en',
  region: 'eu',
  attributes: { level: 'beginner' },
  filters: { level: ['beginner', 'advanced'], region: ['eu', 'us'] },
  widen: 'language',
};
const enqueue = { ticketId: 'Vq3xT0aZ', ...wishes };
const report = { userId: 'ben', roomId: 'match:Vq3x', reason: 'Shouted.' };
const ready = { ticketId: 'Vq3xT0aZ', roomId: 'match:Vq3x', pass: 'a.b', partners: ['ben'] };
const many = (count: number, value: unknown) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`a${index}`, value]));

const badTicket = (message: object): Golden['bad'] => [
  [undefined, ''],
  [{ ...message, ticketId: undefined }, 'ticketId'],
  [{ ...message, ticketId: 'short' }, 'ticketId'],
  [{ ...message, ticketId: 'x'.repeat(65) }, 'ticketId'],
];
const badUser = (message: object): Golden['bad'] => [
  [{ ...message, userId: '' }, 'userId'],
  [{ ...message, userId: 'x'.repeat(129) }, 'userId'],
  [{ ...message, userId: 'a\nb' }, 'userId'],
  [{ ...message, userId: 7 }, 'userId'],
];

export const matchRequests = {
  'match:enqueue': {
    good: [
      enqueue,
      { ...enqueue, size: 12, language: null, region: null, attributes: {}, filters: {}, widen: 'none' },
      { ...enqueue, attributes: many(8, 'x'.repeat(32)), filters: many(8, Array(16).fill('y')), widen: 'region' },
    ],
    bad: [
      ...badTicket(enqueue),
      [{ ...enqueue, mode: 'Talk' }, 'mode'],
      [{ ...enqueue, mode: '{x}' }, 'mode'],
      [{ ...enqueue, size: 1 }, 'size'],
      [{ ...enqueue, size: 13 }, 'size'],
      [{ ...enqueue, size: 2.5 }, 'size'],
      [{ ...enqueue, language: undefined }, 'language'],
      [{ ...enqueue, region: 'e u' }, 'region'],
      [{ ...enqueue, attributes: many(9, 'x') }, 'attributes'],
      [{ ...enqueue, attributes: { level: 'x'.repeat(33) } }, 'attributes.level'],
      [{ ...enqueue, attributes: { language: 'en' } }, 'attributes.language'],
      [{ ...enqueue, filters: many(9, ['x']) }, 'filters'],
      [{ ...enqueue, filters: { level: [] } }, 'filters.level'],
      [{ ...enqueue, filters: { level: Array(17).fill('x') } }, 'filters.level'],
      [{ ...enqueue, filters: { level: ['x', ''] } }, 'filters.level.1'],
      [{ ...enqueue, widen: 'all' }, 'widen'],
    ],
  },
  'match:cancel': { good: [{ ticketId: 'Vq3xT0aZ' }], bad: badTicket({}) },
  'match:confirm': {
    good: [{ matchId: 'm' }],
    bad: [
      [{}, 'matchId'],
      [{ matchId: 'x'.repeat(65) }, 'matchId'],
    ],
  },
  'match:block': { good: [{ userId: 'ben' }], bad: badUser({}) },
  'match:unblock': { good: [{ userId: 'ben' }], bad: badUser({}) },
  'match:blocks': { good: [{}], bad: [[undefined, '']] },
  'match:report': {
    good: [report, { ...report, reason: 'x'.repeat(1000) }],
    bad: [
      ...badUser(report),
      [{ ...report, roomId: '' }, 'roomId'],
      [{ ...report, reason: ' ' }, 'reason'],
      [{ ...report, reason: 'x'.repeat(1001) }, 'reason'],
    ],
  },
} satisfies Record<string, Golden>;

export const matchEvents = {
  'match:found': {
    good: [{ ticketId: 'Vq3xT0aZ', matchId: 'm', confirmBy: 1_764_000_000_000, size: 2 }],
    bad: [[{ ticketId: 'Vq3xT0aZ', matchId: '', confirmBy: 1, size: 2 }, 'matchId']],
  },
  'match:ready': {
    good: [ready],
    bad: [
      [{ ...ready, pass: '' }, 'pass'],
      [{ ...ready, partners: ['ben', ''] }, 'partners.1'],
    ],
  },
  'match:requeued': { good: [{ ticketId: 'Vq3xT0aZ' }], bad: badTicket({}) },
  'match:closed': {
    good: [{ ticketId: 'Vq3xT0aZ', code: 'match_expired', message: 'The match is over.' }],
    bad: [[{ ticketId: 'Vq3xT0aZ', code: 'boredom', message: '' }, 'code']],
  },
} satisfies Record<string, Golden>;
