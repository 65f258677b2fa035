import { useEffect, useRef, useState } from 'react';
import type { Route } from '../session/route.ts';
import type { Session, SessionState } from '../session/session.ts';
import { Logo } from '../ui/logo.tsx';
import { ThemeButton } from '../ui/theme-button.tsx';
import { WaysIn } from '../ui/ways-in.tsx';
import { JoinForm } from './join-form.tsx';
import { Joining } from './joining.tsx';
import { Stage } from './stage.tsx';
import './join.css';

type Outside = Exclude<SessionState, { phase: 'inside' }>;

interface JoinPageProps {
  readonly session: Session;
  readonly state: Outside;
  readonly onGo: (route: Route) => void;
}

/** The way in: who you are, where you go, what you talk into. */
export function JoinPage({ session, state, onGo }: JoinPageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  // As of the first time: a refusal to join is the form's to deal with.
  const [cameBack] = useState(state.phase === 'outside' && (state.leftRoom !== null || state.failure !== null));

  // Out of a room: what had the focus is gone, so start again at the top of what is there now.
  useEffect(() => {
    if (cameBack) heading.current?.focus();
  }, [cameBack]);

  return (
    <div className="join">
      <header className="join-header">
        <span className="brand">
          <Logo />
          Parley
        </span>
        <ThemeButton />
      </header>
      <main className="join-main">
        <section className="join-card" aria-labelledby="join-title">
          {state.phase === 'outside' && <WaysIn route="rooms" onGo={onGo} />}
          <h1 id="join-title" ref={heading} tabIndex={-1}>
            Pick a name and talk.
          </h1>
          <p className="join-lead">No account, nothing to install. Share the link and others are with you.</p>
          {state.phase === 'outside' && state.leftRoom !== null && (
            <p className="join-left" role="status">
              You left <b>{state.leftRoom}</b>.
            </p>
          )}
          {/* The form stays in place while joining, so that a refusal brings back what was typed. */}
          <JoinForm session={session} state={state} />
          {state.phase === 'joining' && <Joining room={state.request.room} onCancel={() => session.leave()} />}
        </section>
        <Stage />
      </main>
      <footer className="join-footer">
        The mark is the signal flag Kilo. Flown from a ship it says: “I wish to communicate with you.”
      </footer>
    </div>
  );
}
