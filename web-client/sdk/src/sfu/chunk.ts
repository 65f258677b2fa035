/*
 * All that only rooms on the SFU need: loaded when one does, at the latest once a call stands that may come to.
 */
export { Slots } from '../playback/slots.ts';
export { SfuSession } from './sfu-session.ts';
