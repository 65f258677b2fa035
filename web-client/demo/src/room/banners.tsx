import { DEFAULT_MICROPHONE, NO_MICROPHONE } from '../session/microphone-choice.ts';
import type { RoomStore, RoomView } from '../session/room-store.ts';
import { FailureNotice } from '../ui/failure-notice.tsx';
import { Icon } from '../ui/icon.tsx';

/** What stands between the person and the call, and the button that mends it. */
export function Banners({ view, store }: { view: RoomView; store: RoomStore }) {
  return (
    <div className="banners">
      <div role="status">
        {view.connection === 'reconnecting' && (
          <p className="banner" data-tone="warning">
            <span className="spinner" aria-hidden="true" />
            <span>
              <b>Reconnecting…</b> The connection was lost. Whoever you still hear stays with you; it mends itself.
            </span>
          </p>
        )}
      </div>
      <div role="status">
        {view.silenced && (
          <p className="banner" data-tone="warning">
            <Icon name="silenced" />
            <span>
              <b>A moderator has silenced you.</b> Nobody hears you until they give you the word back.
            </span>
          </p>
        )}
      </div>
      {view.audioBlocked && (
        <div className="banner" data-tone="action" role="alert">
          <Icon name="volume" />
          <span>
            <b>Your browser keeps this page silent</b> until you press the button.
          </span>
          <button type="button" className="primary-button" onClick={() => void store.startAudio()}>
            Turn on sound
          </button>
        </div>
      )}
      {view.problem && (
        <FailureNotice failure={view.problem}>
          {view.problem.microphone && view.microphone === NO_MICROPHONE && (
            <button type="button" className="plain-button" onClick={() => void store.setMicrophone(DEFAULT_MICROPHONE)}>
              Try again
            </button>
          )}
          <button type="button" className="plain-button" onClick={() => store.dismissProblem()}>
            Dismiss
          </button>
        </FailureNotice>
      )}
    </div>
  );
}
