import type { Participant } from '@parley/voice-sdk';
import { listNames } from '../text/names.ts';

/** Who talks now, in one line, for rooms larger than the screen. Not read out: it would talk over them. */
export function TalkingLine({ participants }: { participants: readonly Participant[] }) {
  const talking = participants.filter((participant) => participant.speaking);
  return (
    <p className="talking" aria-hidden="true" data-quiet={talking.length === 0}>
      {talking.length > 0 && (
        <>
          <span className="talking-lamp" />
          <span className="talking-names">{listNames(talking.map((one) => (one.isSelf ? 'You' : one.name)))}</span>
        </>
      )}
    </p>
  );
}
