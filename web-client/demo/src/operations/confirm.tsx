import { useEffect, useRef, useState } from 'react';
import type { Failure } from '../text/failures.ts';
import { FailureNotice } from '../ui/failure-notice.tsx';
import type { Action } from './action.ts';
import type { Desk } from './desk.ts';
import { type Refusal, refusalInWords } from './words.ts';

interface ConfirmProps {
  readonly desk: Desk;
  readonly action: Action;
  readonly onDone: (words: string) => void;
  readonly onClose: () => void;
}

/** Asks whether it is meant, does it, and stays with what went wrong. */
export function Confirm({ desk, action, onDone, onClose }: ConfirmProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);

  useEffect(() => dialog.current?.showModal(), []);

  const act = async () => {
    setBusy(true);
    setFailure(null);
    try {
      await desk.act(action.request);
      onDone(action.done);
      dialog.current?.close();
    } catch (error) {
      setFailure(refusalInWords(error as Refusal));
      setBusy(false);
    }
  };

  return (
    <dialog ref={dialog} className="confirm" aria-labelledby="confirm-title" onClose={onClose}>
      <h2 id="confirm-title">{action.title}</h2>
      <p>{action.text}</p>
      {failure && <FailureNotice failure={failure} />}
      <div className="confirm-actions">
        <button type="button" className="danger-button" disabled={busy} onClick={() => void act()}>
          {failure ? 'Try again' : action.verb}
        </button>
        <button type="button" className="plain-button" onClick={() => dialog.current?.close()}>
          Cancel
        </button>
      </div>
    </dialog>
  );
}
