import type { CSSProperties } from 'react';
import { Icon } from '../ui/icon.tsx';

interface VolumeSliderProps {
  readonly name: string;
  /** 0 to 1. */
  readonly volume: number;
  readonly onChange: (volume: number) => void;
}

/** How loud someone is, here only. */
export function VolumeSlider({ name, volume, onChange }: VolumeSliderProps) {
  const percent = Math.round(volume * 100);
  return (
    <span className="volume" data-silent={percent === 0}>
      <Icon name="volume" />
      <input
        type="range"
        min={0}
        max={100}
        step={5}
        value={percent}
        onChange={(event) => onChange(Number(event.target.value) / 100)}
        aria-label={`Volume of ${name}`}
        aria-valuetext={`${percent} %`}
        title={`Volume of ${name}: ${percent} %`}
        style={{ '--value': `${percent}%` } as CSSProperties}
      />
    </span>
  );
}
