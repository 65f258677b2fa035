import { lazy, Suspense } from 'react';
import { useRoute } from './hooks/use-route.ts';
import { useSession } from './hooks/use-session.ts';
import { JoinPage } from './join/join-page.tsx';
import { MeetPage } from './meet/meet-page.tsx';
import { RoomPage } from './room/room-page.tsx';
import type { Route } from './session/route.ts';

/** Few ever open it: it comes only when asked for. */
const OperationsPage = lazy(() => import('./operations/operations-page.tsx'));

export function App() {
  const { route, go } = useRoute();
  if (route === 'operations') {
    return (
      <Suspense fallback={null}>
        <OperationsPage />
      </Suspense>
    );
  }
  return route === 'meet' ? <MeetPage onGo={go} /> : <Rooms onGo={go} />;
}

function Rooms({ onGo }: { onGo: (route: Route) => void }) {
  const { session, state } = useSession();
  if (state.phase === 'inside') return <RoomPage store={state.store} onLeave={() => session.leave()} />;
  return <JoinPage session={session} state={state} onGo={onGo} />;
}
