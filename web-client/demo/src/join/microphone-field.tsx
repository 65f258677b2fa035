import type { ReactNode } from 'react';
import type { useMicrophonePreview } from '../hooks/use-microphone-preview.ts';
import type { Microphones } from '../hooks/use-microphones.ts';
import { type MicrophoneChoice, NO_MICROPHONE } from '../session/microphone-choice.ts';
import { MICROPHONE_BLOCKED, NO_MEDIA_DEVICES } from '../text/failures.ts';
import { LevelMeter } from '../ui/level-meter.tsx';
import { MicrophoneOptions } from '../ui/microphone-options.tsx';

interface MicrophoneFieldProps {
  readonly microphones: Microphones;
  readonly choice: MicrophoneChoice;
  readonly onChoose: (choice: MicrophoneChoice) => void;
  readonly preview: ReturnType<typeof useMicrophonePreview>;
  readonly onTest: () => void;
  /** Trouble is said at once by a screen reader, unless something else on the page says it. */
  readonly announced: boolean;
}

/** Which microphone, and the proof that it hears you before anyone else does. */
export function MicrophoneField({ onChoose, ...check }: MicrophoneFieldProps) {
  return (
    <div className="field">
      <label htmlFor="microphone">Microphone</label>
      <div className="field-line select-line">
        <select
          id="microphone"
          value={check.choice}
          onChange={(event) => onChoose(event.target.value)}
          aria-describedby="microphone-hint"
        >
          <MicrophoneOptions devices={check.microphones.devices} />
        </select>
      </div>
      <MicrophoneCheck {...check} />
    </div>
  );
}

type MicrophoneCheckProps = Omit<MicrophoneFieldProps, 'onChoose'>;

function MicrophoneCheck({ microphones, choice, preview, onTest, announced }: MicrophoneCheckProps) {
  if (choice === NO_MICROPHONE) {
    return (
      <p id="microphone-hint" className="hint">
        You hear everyone and are shown as muted. You can pick a microphone later.
      </p>
    );
  }
  if (!microphones.supported)
    return <MicrophoneTrouble title={NO_MEDIA_DEVICES.title} advice={NO_MEDIA_DEVICES.advice} announced={announced} />;
  if (microphones.permission === 'denied') {
    return (
      <MicrophoneTrouble title={MICROPHONE_BLOCKED.title} advice={MICROPHONE_BLOCKED.advice} announced={announced} />
    );
  }
  if (preview.failure) {
    return (
      <MicrophoneTrouble {...preview.failure} announced={announced}>
        <button type="button" className="link-button" onClick={onTest}>
          Try again
        </button>
      </MicrophoneTrouble>
    );
  }
  if (preview.status === 'on') {
    return (
      <>
        <LevelMeter read={preview.level} label="Input level" />
        <p id="microphone-hint" className="hint">
          Say something: the bar should move. Nobody hears you yet.
        </p>
      </>
    );
  }
  return (
    <p id="microphone-hint" className="hint">
      {preview.status === 'asking' ? (
        'Your browser is asking: allow the microphone up there.'
      ) : (
        <>
          Your browser will ask before it lets you talk.{' '}
          <button type="button" className="link-button" onClick={onTest}>
            Check it now
          </button>
        </>
      )}
    </p>
  );
}

interface MicrophoneTroubleProps {
  readonly title: string;
  readonly advice: string;
  readonly announced: boolean;
  readonly children?: ReactNode;
}

function MicrophoneTrouble({ title, advice, announced, children }: MicrophoneTroubleProps) {
  return (
    <p id="microphone-hint" className="hint problem" role={announced ? 'alert' : undefined}>
      <b>{title}</b> {advice} {children}
    </p>
  );
}
