import { useEffect, useRef, useState } from 'react';
import { useInterval } from '../hooks/use-interval.ts';
import type { MeetState } from '../session/meet.ts';
import { inWords, languageName } from '../session/wishes.ts';
import { inMinutes } from '../text/time.ts';
import { Flag } from '../ui/flag.tsx';

/** After so long it is said that the search goes further, in ms; the server does that by itself. */
const PATIENCE_MS = 20_000;

const TITLES = { preparing: 'One moment…', looking: 'Looking for someone…', found: 'Found someone!' } as const;

interface SearchingProps {
  readonly state: Extract<MeetState, { phase: 'preparing' | 'looking' | 'found' }>;
  readonly onCancel: () => void;
}

/** While there is nobody yet: what is looked for, for how long, and the way back. */
export function Searching({ state, onCancel }: SearchingProps) {
  const { request } = state;
  const cancel = useRef<HTMLButtonElement>(null);
  const wishes = inWords(request.wishes, languageName);

  // What had the focus is gone; and Escape, or the next Enter, gives up.
  useEffect(() => cancel.current?.focus(), []);
  useEffect(() => {
    const handleKey = (event: KeyboardEvent) => {
      if (event.key === 'Escape' && !event.isComposing) onCancel();
    };
    document.addEventListener('keydown', handleKey);
    return () => document.removeEventListener('keydown', handleKey);
  }, [onCancel]);

  return (
    <section className="searching" data-phase={state.phase} aria-labelledby="searching-title">
      <div className="beacon" aria-hidden="true">
        <span className="beacon-wave" />
        <span className="beacon-wave" />
        <span className="beacon-wave" />
        <Flag name={request.name} />
      </div>
      <div role="status" className="searching-words">
        <h1 id="searching-title">{TITLES[state.phase]}</h1>
        {state.phase === 'preparing' && <p>Your browser may ask for the microphone. Nobody hears you yet.</p>}
        {state.phase === 'found' && <p>Connecting the two ends.</p>}
        {state.phase === 'looking' && state.note !== null && <p>{state.note}</p>}
        {state.phase === 'looking' && state.again && (
          <p>There was someone, but they did not come. You keep your place.</p>
        )}
      </div>
      {state.phase === 'looking' && (
        <>
          {wishes !== '' && <p className="searching-wishes">{wishes}</p>}
          <Waiting since={state.since} />
        </>
      )}
      <button
        ref={cancel}
        type="button"
        className="plain-button"
        onClick={onCancel}
        aria-describedby="searching-title"
        title="Escape"
      >
        Cancel
      </button>
    </section>
  );
}

function Waiting({ since }: { since: number }) {
  const [waited, setWaited] = useState(() => Date.now() - since);
  useInterval(() => setWaited(Date.now() - since), 250);
  return (
    <>
      <p className="searching-time" role="timer" aria-live="off">
        {inMinutes(waited)}
      </p>
      <p className="hint" role="status">
        {waited > PATIENCE_MS && 'Few people are here who fit just now. The longer you wait, the further we look.'}
      </p>
    </>
  );
}
