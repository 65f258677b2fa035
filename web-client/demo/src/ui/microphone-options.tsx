import { DEFAULT_MICROPHONE, NO_MICROPHONE } from '../session/microphone-choice.ts';

/** What a picker of microphones offers. */
export function MicrophoneOptions({ devices }: { devices: readonly MediaDeviceInfo[] }) {
  return (
    <>
      <option value={DEFAULT_MICROPHONE}>Default microphone</option>
      {devices.map((device, index) => (
        <option key={device.deviceId} value={device.deviceId}>
          {device.label || `Microphone ${index + 1}`}
        </option>
      ))}
      <option value={NO_MICROPHONE}>No microphone — just listen</option>
    </>
  );
}
