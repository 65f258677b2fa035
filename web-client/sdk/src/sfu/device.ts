/*
 * The only file that imports mediasoup-client. With the session that uses it, it is a chunk of its own (open-session.ts).
 */
import { Device, type types } from 'mediasoup-client';

export type { types };

/** A device for this browser that knows what the router can do. */
export async function createDevice(routerRtpCapabilities: unknown): Promise<types.Device> {
  const device = await Device.factory();
  await device.load({ routerRtpCapabilities: routerRtpCapabilities as types.RtpCapabilities });
  return device;
}
