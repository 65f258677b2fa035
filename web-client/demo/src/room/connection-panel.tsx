import type { Move, RoomView } from '../session/room-store.ts';
import { inKbit, inMs, inPercent, inScore, inSeconds, QUALITY_WORDS, type RoomQuality } from '../text/quality.ts';
import { Diagram } from '../ui/diagram.tsx';
import { Popover } from '../ui/popover.tsx';
import { TOPOLOGIES } from './topology-badge.tsx';

interface ConnectionPanelProps {
  readonly id: string;
  readonly view: RoomView;
  readonly quality: RoomQuality;
}

/** How the sound travels, how well, and what moving it has cost. */
export function ConnectionPanel({ id, view, quality }: ConnectionPanelProps) {
  const { title, text } = TOPOLOGIES[view.topology];
  const { overall, sendBitrate } = quality;
  return (
    <Popover id={id} label="Connection">
      <div className="panel-head">
        <Diagram topology={view.topology} people={Math.min(9, Math.max(3, view.participants.length))} />
        <div>
          <h2>{title}</h2>
          <p>{text}</p>
        </div>
      </div>
      <dl className="figures">
        <Figure
          term="Quality"
          value={overall ? `${QUALITY_WORDS[overall.level]} (${inScore(overall.mos)})` : 'Not measured yet'}
        />
        <Figure term="Round trip" value={inMs(overall?.rtt ?? null)} />
        <Figure term="Jitter" value={inMs(overall?.jitter ?? null)} />
        <Figure term="Lost" value={inPercent(overall?.loss ?? null)} />
        <Figure term="Receiving" value={inKbit(overall?.bitrate ?? null)} />
        <Figure term="Sending" value={inKbit(sendBitrate)} />
      </dl>
      {view.moves.length > 0 && (
        <>
          <h3>Moves of this call</h3>
          <ul className="moves">
            {view.moves.map((move) => (
              <li key={move.epoch}>{describe(move)}</li>
            ))}
          </ul>
        </>
      )}
    </Popover>
  );
}

function Figure({ term, value }: { term: string; value: string }) {
  return (
    <div>
      <dt>{term}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function describe({ to, silenceMs, durationMs, at }: Move): string {
  const time = at.toLocaleTimeString([], { hour: 'numeric', minute: '2-digit' });
  return `${time}, to ${TOPOLOGIES[to].badge}: ${inMs(silenceMs)} of silence, done in ${inSeconds(durationMs)}`;
}
