import { useCallback, useEffect, useState } from 'react';
import { LevelTap } from '../session/level-tap.ts';
import { DEFAULT_MICROPHONE, type MicrophoneChoice, NO_MICROPHONE } from '../session/microphone-choice.ts';
import { type Failure, microphoneFailureOf, NO_MEDIA_DEVICES } from '../text/failures.ts';

export interface MicrophonePreview {
  readonly status: 'off' | 'asking' | 'on' | 'failed';
  readonly failure: Failure | null;
  /** RMS of the microphone now, 0 to 1. */
  readonly level: () => number;
}

const SILENCE = () => 0;
const OFF: MicrophonePreview = { status: 'off', failure: null, level: SILENCE };

/** Opens the chosen microphone while `enabled`, to show that it works. Nothing of it leaves the page. */
export function useMicrophonePreview(
  choice: MicrophoneChoice,
  enabled: boolean,
): MicrophonePreview & { retry: () => void } {
  const [preview, setPreview] = useState<MicrophonePreview>(OFF);
  const [attempt, setAttempt] = useState(0);
  const wanted = enabled && choice !== NO_MICROPHONE;

  // biome-ignore lint/correctness/useExhaustiveDependencies: `attempt` is what makes it try again.
  useEffect(() => {
    if (!wanted) {
      setPreview(OFF);
      return;
    }
    let tap: LevelTap | undefined;
    let gone = false;
    setPreview({ status: 'asking', failure: null, level: SILENCE });
    openMicrophone(choice)
      .then((stream) => {
        if (gone) {
          for (const track of stream.getTracks()) track.stop();
          return;
        }
        tap = new LevelTap(stream);
        const { read } = tap;
        setPreview({ status: 'on', failure: null, level: read });
      })
      .catch((error: unknown) => {
        if (!gone) setPreview({ status: 'failed', failure: microphoneFailureOf(error), level: SILENCE });
      });
    return () => {
      gone = true;
      tap?.close();
    };
  }, [choice, wanted, attempt]);

  const retry = useCallback(() => setAttempt((count) => count + 1), []);
  return { ...preview, retry };
}

async function openMicrophone(choice: MicrophoneChoice): Promise<MediaStream> {
  if (!navigator.mediaDevices) throw new DOMException(NO_MEDIA_DEVICES.title, 'SecurityError');
  const audio = choice === DEFAULT_MICROPHONE ? true : { deviceId: { exact: choice } };
  return navigator.mediaDevices.getUserMedia({ audio });
}
