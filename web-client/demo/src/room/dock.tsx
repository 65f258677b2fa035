import { NO_MICROPHONE } from '../session/microphone-choice.ts';
import type { RoomStore, RoomView } from '../session/room-store.ts';
import { DockButton } from './dock-button.tsx';
import { MicrophoneMenu } from './microphone-menu.tsx';

interface DockProps {
  readonly view: RoomView;
  readonly store: RoomStore;
  readonly onLeave: () => void;
  /** Where strangers meet: on to someone else. */
  readonly onNext?: (() => void) | undefined;
}

/** The few things one does in a call, where the thumb is. */
export function Dock({ view, store, onLeave, onNext }: DockProps) {
  const listening = view.microphone === NO_MICROPHONE;
  return (
    <footer className="dock" data-crowded={onNext !== undefined}>
      <div className="dock-main">
        <DockButton
          label={view.muted ? 'Unmute' : 'Mute'}
          icon={view.muted ? 'microphoneOff' : 'microphone'}
          tone={view.muted ? 'off' : 'on'}
          shortcut="M"
          description={listening ? 'You joined without a microphone; this turns one on.' : undefined}
          onClick={() => void store.toggleMuted()}
        />
        <MicrophoneMenu choice={view.microphone} onChoose={(choice) => void store.setMicrophone(choice)} />
        <DockButton
          label={view.deafened ? 'Undeafen' : 'Deafen'}
          icon={view.deafened ? 'headphonesOff' : 'headphones'}
          tone={view.deafened ? 'off' : 'plain'}
          description={view.deafened ? 'You hear nobody now.' : 'Hear nobody for a while.'}
          onClick={() => store.toggleDeafened()}
        />
      </div>
      {onNext && (
        <DockButton
          label="Next"
          icon="next"
          tone="plain"
          shortcut="N"
          description="Leave and meet someone else (N)"
          onClick={onNext}
        />
      )}
      <DockButton label="Leave" icon="leave" tone="leave" onClick={onLeave} />
    </footer>
  );
}
