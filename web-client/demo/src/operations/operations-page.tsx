import { useEffect, useRef, useState } from 'react';
import { useStore } from '../hooks/use-store.ts';
import { Icon } from '../ui/icon.tsx';
import { Logo } from '../ui/logo.tsx';
import { ThemeButton } from '../ui/theme-button.tsx';
import { Desk } from './desk.ts';
import { KeyForm } from './key-form.tsx';
import { openLine } from './line.ts';
import { OpenDesk } from './open-desk.tsx';
import './operations.css';
import './plot.css';
import './shares.css';
import './tables.css';

/** For those who run Parley: what goes on, and what can be done about it. */
export default function OperationsPage() {
  const [desk] = useState(() => new Desk(openLine));
  const state = useStore(desk);

  useEffect(() => {
    const before = document.title;
    document.title = 'Operations – Parley';
    return () => {
      document.title = before;
      desk.shut();
    };
  }, [desk]);

  // The form that had the focus is gone.
  const heading = useRef<HTMLHeadingElement>(null);
  const isOpen = state.phase === 'open';
  useEffect(() => {
    if (isOpen) heading.current?.focus();
  }, [isOpen]);

  return (
    <div className="operations">
      <header className="operations-header">
        <Logo />
        {isOpen ? (
          <h1 ref={heading} tabIndex={-1}>
            Operations
          </h1>
        ) : (
          <span className="brand-word">Parley</span>
        )}
        {state.phase === 'open' && (
          <span className="live" data-live={state.lostSince === null}>
            {state.lostSince === null ? 'Live' : 'Reconnecting'}
          </span>
        )}
        <span className="operations-tools">
          {state.phase === 'open' && (
            <button
              type="button"
              className="plain-button small-button"
              aria-label="Lock this page"
              onClick={() => desk.shut()}
            >
              <Icon name="lock" />
              <span className="lock-word">Lock</span>
            </button>
          )}
          <ThemeButton />
        </span>
      </header>
      <main className="operations-main" data-phase={state.phase}>
        {state.phase === 'open' ? (
          <OpenDesk desk={desk} state={state} />
        ) : (
          <KeyForm
            desk={desk}
            failure={state.phase === 'shut' ? state.failure : null}
            busy={state.phase === 'opening'}
          />
        )}
      </main>
    </div>
  );
}
