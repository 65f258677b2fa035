import { useEffect, useState } from 'react';
import { MeetSession, type MeetState } from '../session/meet.ts';
import { meetDevices } from '../session/meet-devices.ts';
import { listNames } from '../text/names.ts';
import { useStore } from './use-store.ts';

/** The one meeting of this page, and its state. The title tells who looks at another tab; leaving the page ends it. */
export function useMeet(): { session: MeetSession; state: MeetState } {
  const [session] = useState(() => new MeetSession(meetDevices));
  const state = useStore(session);
  const title = titleOf(state);

  useEffect(() => () => session.close(), [session]);

  useEffect(() => {
    document.title = title;
    return () => {
      document.title = 'Parley';
    };
  }, [title]);

  return { session, state };
}

function titleOf(state: MeetState): string {
  switch (state.phase) {
    case 'choosing':
      return 'Meet someone · Parley';
    case 'preparing':
    case 'looking':
      return 'Looking… · Parley';
    case 'found':
      return 'Found someone! · Parley';
    case 'talking':
      return state.met.length > 0 ? `${listNames(state.met.map(({ name }) => name))} · Parley` : 'Parley';
  }
}
