import type { Microphone } from '@parley/voice-sdk';

/** A device id, `DEFAULT_MICROPHONE`, or `NO_MICROPHONE`: what the person picked, as a `<select>` holds it. */
export type MicrophoneChoice = string;

export const DEFAULT_MICROPHONE: MicrophoneChoice = 'default';
export const NO_MICROPHONE: MicrophoneChoice = 'none';

/** The same for the SDK. Exact: rather be told that a device is gone than talk into another one. */
export function toMicrophone(choice: MicrophoneChoice): Microphone {
  if (choice === NO_MICROPHONE) return false;
  return choice === DEFAULT_MICROPHONE ? true : { deviceId: { exact: choice } };
}
