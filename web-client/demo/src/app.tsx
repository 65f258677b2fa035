import { useSession } from './hooks/use-session.ts';
import { JoinPage } from './join/join-page.tsx';
import { RoomPage } from './room/room-page.tsx';

export function App() {
  const { session, state } = useSession();
  if (state.phase === 'inside') return <RoomPage store={state.store} onLeave={() => session.leave()} />;
  return <JoinPage session={session} state={state} />;
}
