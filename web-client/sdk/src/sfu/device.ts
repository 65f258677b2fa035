/*
 * The only file that imports mediasoup-client. With the session that uses it, it is loaded late (chunk.ts).
 */
import { Device, type types } from 'mediasoup-client';

export type { types };

let last: { readonly capabilities: string; readonly device: Promise<types.Device> } | undefined;

/**
 * A device for this browser that knows what the router can do. One will do for all sessions on routers that can do the
 * same: to make it takes some 50 ms, which a call that has lost its SFU spends in silence.
 */
export function deviceFor(routerRtpCapabilities: unknown): Promise<types.Device> {
  const capabilities = JSON.stringify(routerRtpCapabilities);
  if (last?.capabilities === capabilities) return last.device;
  const device = createDevice(routerRtpCapabilities);
  const made = { capabilities, device };
  last = made;
  device.catch(() => {
    if (last === made) last = undefined;
  });
  return device;
}

async function createDevice(routerRtpCapabilities: unknown): Promise<types.Device> {
  const device = await Device.factory();
  await device.load({ routerRtpCapabilities: routerRtpCapabilities as types.RtpCapabilities });
  return device;
}
