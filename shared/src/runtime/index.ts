export { FakeClock } from './clock.fake.ts';
export { type Clock, systemClock, type Timer } from './clock.ts';
export { DeadlineError, withDeadline } from './deadline.ts';
export { Emitter, type EventMap, type Listener } from './emitter.ts';
export { createLogger, type LogFields, type Logger, type LogLevel, silentLogger } from './logger.ts';
export { failWhenCut } from './opening.ts';
export { byCodeUnit } from './order.ts';
export { randomId } from './random-id.ts';
