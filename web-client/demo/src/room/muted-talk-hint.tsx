import type { Room } from '@parley/voice-sdk';
import { useMutedTalk } from '../hooks/use-muted-talk.ts';

/** For the moment everyone knows: talking, and nobody hears it. Mount it while muted. */
export function MutedTalkHint({ room, shortcuts }: { room: Room; shortcuts: boolean }) {
  const shown = useMutedTalk(room);
  return (
    <div role="status" className="muted-talk" data-shown={shown}>
      {shown && (
        <p>
          <b>You are muted.</b> <span className="touch-only">Tap the microphone to talk.</span>
          {shortcuts && (
            <span className="keys-only">
              Press <kbd>M</kbd>, or hold <kbd>Space</kbd> while you talk.
            </span>
          )}
        </p>
      )}
    </div>
  );
}
