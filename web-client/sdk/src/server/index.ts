/** For an integrator's backend, in Node: nothing of the browser is in here. */
export { type AccessTokenOptions, createAccessToken } from '@parley/shared/access-token';
export {
  type VerifyWebhookOptions,
  verifyWebhook,
  type WebhookEvent,
  type WebhookType,
  WebhookVerificationError,
} from '@parley/shared/webhooks';
