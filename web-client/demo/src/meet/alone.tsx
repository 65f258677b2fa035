import { useEffect, useRef } from 'react';
import { listNames } from '../text/names.ts';
import { Icon } from '../ui/icon.tsx';
import { Spoken } from '../ui/spoken.tsx';

interface AloneProps {
  /** Names of those who were here. */
  readonly met: readonly string[];
  /** Nobody came, and nobody will. */
  readonly missed: boolean;
  readonly onNext: () => void;
  readonly onStop: () => void;
}

/** Nobody else is here: not yet, or no longer. */
export function Alone({ met, missed, onNext, onStop }: AloneProps) {
  const over = met.length > 0 || missed;
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (over) button.current?.focus();
  }, [over]);
  return (
    <section className="alone" aria-labelledby="alone-title">
      <div role="status">
        <h2 id="alone-title">
          {met.length > 0 ? `${listNames(met)} left.` : missed ? 'Nobody came.' : 'Almost there.'}
        </h2>
        <p>{over ? 'It happens. Somebody else may be waiting for you.' : 'The other side is just coming in.'}</p>
      </div>
      <div className="alone-actions">
        <button ref={button} type="button" className="primary-button" onClick={onNext}>
          <Icon name="next" />
          Meet someone else
        </button>
        <button type="button" className="plain-button" onClick={onStop}>
          Stop here<Spoken> and go back</Spoken>
        </button>
      </div>
    </section>
  );
}
