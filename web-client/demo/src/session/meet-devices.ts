import { VoiceClient } from '@parley/voice-sdk';
import type { MeetOptions } from './meet.ts';
import { DEFAULT_MICROPHONE, type MicrophoneChoice } from './microphone-choice.ts';

/** The SDK's client and the browser's microphone, for a `MeetSession`. */
export const meetDevices: MeetOptions = {
  connect: (name) => new VoiceClient({ name }),
  openMicrophone,
};

async function openMicrophone(choice: MicrophoneChoice): Promise<MediaStreamTrack> {
  if (!navigator.mediaDevices) throw new DOMException('A microphone needs https or localhost.', 'SecurityError');
  const audio: MediaTrackConstraints = {
    echoCancellation: true,
    noiseSuppression: true,
    autoGainControl: true,
    channelCount: 1,
    // Exact: rather be told that a device is gone than talk into another one.
    ...(choice === DEFAULT_MICROPHONE ? {} : { deviceId: { exact: choice } }),
  };
  const stream = await navigator.mediaDevices.getUserMedia({ audio });
  const [track] = stream.getAudioTracks();
  if (!track) throw new DOMException('There is no microphone.', 'NotFoundError');
  return track;
}
