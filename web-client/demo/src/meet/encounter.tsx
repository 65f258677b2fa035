import { useState } from 'react';
import { useStore } from '../hooks/use-store.ts';
import { RoomPage } from '../room/room-page.tsx';
import type { MeetSession, MeetState } from '../session/meet.ts';
import { listNames } from '../text/names.ts';
import { Alone } from './alone.tsx';
import { ReportDialog } from './report-dialog.tsx';

interface EncounterProps {
  readonly session: MeetSession;
  readonly state: Extract<MeetState, { phase: 'talking' }>;
}

/** The call with whoever was found: as any call, and on to the next. */
export function Encounter({ session, state }: EncounterProps) {
  const { store, met, missed } = state;
  const view = useStore(store);
  const [reporting, setReporting] = useState(false);
  const here = view.participants.filter(({ isSelf }) => !isSelf).map(({ name }) => name);
  const names = met.map(({ name }) => name);
  const next = () => session.next();
  return (
    <>
      <p className="spoken" role="status">
        {here.length > 0 && `You are with ${listNames(here)}.`}
      </p>
      <RoomPage
        store={store}
        onLeave={() => session.stop()}
        encounter={{
          title: titleOf(here, names, missed),
          onNext: next,
          onReport: met.length > 0 ? () => setReporting(true) : undefined,
          whileAlone: <Alone met={names} missed={missed} onNext={next} onStop={() => session.stop()} />,
        }}
      />
      {reporting && <ReportDialog session={session} met={met} onClose={() => setReporting(false)} />}
    </>
  );
}

function titleOf(here: readonly string[], met: readonly string[], missed: boolean): string {
  if (here.length > 0) return listNames(here);
  if (met.length > 0) return `${listNames(met)} left`;
  return missed ? 'Nobody came' : 'Almost there…';
}
