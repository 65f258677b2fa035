/*
 * All that a page loads when a room first needs the SFU, and not before.
 */
export { Slots } from '../playback/slots.ts';
export { SfuSession } from './sfu-session.ts';
