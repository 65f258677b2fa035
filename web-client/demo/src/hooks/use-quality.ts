import type { Room } from '@parley/voice-sdk';
import { useEffect, useState } from 'react';
import { type RoomQuality, roomQuality } from '../text/quality.ts';

const INTERVAL_MS = 2000;
const NOTHING: RoomQuality = { overall: null, byParticipant: new Map(), sendBitrate: null };

/** What `room.stats()` says, every two seconds while the page is visible. The one caller: shares are "since the last call". */
export function useQuality(room: Room): RoomQuality {
  const [quality, setQuality] = useState(NOTHING);
  useEffect(() => {
    let gone = false;
    let asking = false;
    const ask = async () => {
      if (asking || document.hidden) return;
      asking = true;
      try {
        const stats = await room.stats();
        if (!gone) setQuality((before) => roomQuality(stats, before));
      } catch {
        // A room that is closing has no figures.
      } finally {
        asking = false;
      }
    };
    const timer = setInterval(() => void ask(), INTERVAL_MS);
    return () => {
      gone = true;
      clearInterval(timer);
    };
  }, [room]);
  return quality;
}
