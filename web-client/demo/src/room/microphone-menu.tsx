import { useMicrophones } from '../hooks/use-microphones.ts';
import { DEFAULT_MICROPHONE, type MicrophoneChoice, NO_MICROPHONE } from '../session/microphone-choice.ts';
import { Icon } from '../ui/icon.tsx';
import { MicrophoneOptions } from '../ui/microphone-options.tsx';

interface MicrophoneMenuProps {
  readonly choice: MicrophoneChoice;
  readonly onChoose: (choice: MicrophoneChoice) => void;
}

/** Changes the microphone in mid-call. The browser's own list, because phones do that best. */
export function MicrophoneMenu({ choice, onChoose }: MicrophoneMenuProps) {
  const { devices } = useMicrophones();
  const known = choice === NO_MICROPHONE || devices.some((device) => device.deviceId === choice);
  return (
    <label className="dock-select" title="Microphone">
      <span className="spoken">Microphone</span>
      <select value={known ? choice : DEFAULT_MICROPHONE} onChange={(event) => onChoose(event.target.value)}>
        <MicrophoneOptions devices={devices} />
      </select>
      <span className="dock-select-face" aria-hidden="true">
        <Icon name="tune" />
        <Icon name="chevron" />
        <span className="dock-select-word">Device</span>
      </span>
    </label>
  );
}
