import { useEffect, useState } from 'react';
import { roomLink } from '../session/link.ts';
import { Session, type SessionState } from '../session/session.ts';
import { useStore } from './use-store.ts';

/** The one session of this page, and its state. The address bar shows the room one is in; leaving the app leaves the room. */
export function useSession(): { session: Session; state: SessionState } {
  const [session] = useState(() => new Session());
  const state = useStore(session);
  const room = state.phase === 'inside' ? state.request.room : null;

  useEffect(() => () => session.leave(), [session]);

  useEffect(() => {
    if (room === null) return;
    document.title = `${room} · Parley`;
    history.replaceState(null, '', roomLink(location.origin, room));
    return () => {
      document.title = 'Parley';
    };
  }, [room]);

  return { session, state };
}
