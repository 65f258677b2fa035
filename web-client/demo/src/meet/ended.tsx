import { useEffect, useRef } from 'react';
import type { Failure } from '../text/failures.ts';
import { FailureNotice } from '../ui/failure-notice.tsx';
import { Icon } from '../ui/icon.tsx';

/** The room was closed from outside: why, and on to someone else. */
export function Ended({ failure, onNext, onStop }: { failure: Failure; onNext: () => void; onStop: () => void }) {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => button.current?.focus(), []);
  return (
    <section className="ended">
      <h1>This call has ended.</h1>
      <FailureNotice failure={failure} />
      <div className="alone-actions">
        <button ref={button} type="button" className="primary-button" onClick={onNext}>
          <Icon name="next" />
          Meet someone else
        </button>
        <button type="button" className="plain-button" onClick={onStop}>
          Stop here
        </button>
      </div>
    </section>
  );
}
