import type { Mix } from '../playback/slots.ts';
import type { TopologyKind } from '../types.ts';

/** How a path carries voices: each in a stream of its own, or the loudest few in the room's speaker slots. */
export type Carrier = 'direct' | 'slots';

/** Where a voice is to be heard. Every `MediaPath` is one. */
export interface Way {
  readonly epoch: number;
  readonly carrier: Carrier;
}

/** One participant's voice as it arrives one way. Times are in ms since the epoch, by the page's monotonic clock. */
export interface VoiceSource extends Way {
  readonly participantId: string;
  readonly kind: TopologyKind;
  /** What it comes through now; null: no slot has it. */
  readonly receiver: RTCRtpReceiver | null;
  /** How long its frames have been coming, in ms; 0 before the second. */
  readonly flowingMs: number;
  /** When the first frame that was seen had been delivered; 0 before. */
  readonly firstFrameAt: number;
  /** When the newest frame was delivered; 0 before the first. */
  readonly lastFrameAt: number;
  /** Whether the newest frame carried sound rather than silence. */
  readonly sounding: boolean;
  /** Looks for a new frame. */
  poll(): void;
  /** Linear level 0 to 1 of what is heard now; 0 once frames stop. */
  levelNow(): number;
}

/** A speaker slot as it is received: the voice of whoever has it, one after another. */
export interface SlotSource {
  readonly epoch: number;
  readonly producerId: string;
  readonly receiver: RTCRtpReceiver;
  /** Makes what plays it, and the others of its path. It comes with the SFU, as nobody else needs it. */
  readonly mix: Mix;
}

/** A reading older than this, in ms, no longer says anything about now. */
export const FRESH_MS = 300;
/** A frame is taken for sound, not silence, above this linear level (-50 dBov). */
export const SOUND_LEVEL = 0.003;
