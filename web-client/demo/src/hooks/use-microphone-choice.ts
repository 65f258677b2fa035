import { useEffect, useState } from 'react';
import { DEFAULT_MICROPHONE, type MicrophoneChoice, NO_MICROPHONE } from '../session/microphone-choice.ts';
import { useMicrophonePreview } from './use-microphone-preview.ts';
import { useMicrophones } from './use-microphones.ts';
import { useStored } from './use-stored.ts';

/** Which microphone a form is about, remembered, and its test. */
export function useMicrophoneChoice() {
  const [microphone, choose] = useStored('microphone', DEFAULT_MICROPHONE);
  const [testing, setTesting] = useState(false);
  const microphones = useMicrophones();
  const known = microphones.devices.some((device) => device.deviceId === microphone);
  const choice: MicrophoneChoice = known || microphone === NO_MICROPHONE ? microphone : DEFAULT_MICROPHONE;
  // Asked for by a click, or allowed long ago: a page that opens should not ask for anything by itself.
  const preview = useMicrophonePreview(choice, testing || microphones.permission === 'granted');
  const { refresh } = microphones;
  useEffect(() => {
    // Labels are told once a microphone is open.
    if (preview.status === 'on') refresh();
  }, [preview.status, refresh]);
  const test = () => (testing ? preview.retry() : setTesting(true));
  return { microphones, choice, choose, preview, test };
}
