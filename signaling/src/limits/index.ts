export { ClientAddresses, isNetwork, type TrustedProxies } from './client-address.ts';
export { ConnectGate, FULL_RETRY_MS } from './connect-gate.ts';
export type { SharedCounts } from './limiter.ts';
export { RequestLimits } from './request-limits.ts';
export {
  LIMIT_BEHIND,
  LIMITS,
  type Limit,
  type LimitSettings,
  REQUEST_CLASSES,
  type RequestClass,
} from './settings.ts';
