import { useEffect, useRef } from 'react';
import { useMeet } from '../hooks/use-meet.ts';
import type { Route } from '../session/route.ts';
import { Logo } from '../ui/logo.tsx';
import { ThemeButton } from '../ui/theme-button.tsx';
import { WaysIn } from '../ui/ways-in.tsx';
import { Encounter } from './encounter.tsx';
import { Ended } from './ended.tsx';
import { MeetForm } from './meet-form.tsx';
import { MeetStage } from './meet-stage.tsx';
import { Searching } from './searching.tsx';
import '../join/join.css';
import './meet.css';

/** The way to someone one does not know yet. */
export function MeetPage({ onGo }: { onGo: (route: Route) => void }) {
  const { session, state } = useMeet();
  const heading = useRef<HTMLHeadingElement>(null);
  const came = useRef(true);

  // Back at the form: what had the focus is gone, so start again at the top of what is there now.
  const choosing = state.phase === 'choosing';
  useEffect(() => {
    if (choosing && !came.current) heading.current?.focus();
    came.current = false;
  }, [choosing]);

  if (state.phase === 'talking' && state.over === null) {
    return <Encounter key={state.store.room.id} session={session} state={state} />;
  }
  return (
    <div className="join">
      <header className="join-header">
        <span className="brand">
          <Logo />
          Parley
        </span>
        <ThemeButton />
      </header>
      <main className="join-main" data-centred={!choosing}>
        {state.phase === 'choosing' ? (
          <>
            <section className="join-card" aria-labelledby="meet-title">
              <WaysIn route="meet" onGo={onGo} />
              <h1 id="meet-title" ref={heading} tabIndex={-1}>
                Meet someone new.
              </h1>
              <p className="join-lead">
                Say what you like to talk about, and you are put through to somebody who fits.
              </p>
              {state.ended && (
                <p className="join-left" role="status">
                  You left. Nobody hears you any more.
                </p>
              )}
              <MeetForm session={session} failure={state.failure} />
            </section>
            <MeetStage />
          </>
        ) : state.phase === 'talking' ? (
          state.over && <Ended failure={state.over} onNext={() => session.next()} onStop={() => session.stop()} />
        ) : (
          <Searching state={state} onCancel={() => session.stop()} />
        )}
      </main>
      <footer className="join-footer">
        You are shown by the name you give. Strangers are strangers: keep your address and your passwords to yourself.
      </footer>
    </div>
  );
}
