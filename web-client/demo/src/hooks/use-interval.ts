import { useEffect, useEffectEvent } from 'react';

/** Calls `tick` every `ms` while the page is visible; null pauses. */
export function useInterval(tick: () => void, ms: number | null): void {
  const onTick = useEffectEvent(tick);
  useEffect(() => {
    if (ms === null) return;
    const timer = setInterval(() => {
      if (!document.hidden) onTick();
    }, ms);
    return () => clearInterval(timer);
  }, [ms]);
}
