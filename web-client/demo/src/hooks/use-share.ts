import { useEffect, useState } from 'react';
import { roomLink } from '../session/link.ts';

export interface Sharing {
  readonly link: string;
  /** True where a phone's own share sheet is opened instead of copying. */
  readonly native: boolean;
  readonly result: 'none' | 'copied' | 'failed';
  readonly share: () => void;
}

const FEEDBACK_MS = 2500;

/** Hands the room's link on: to the share sheet on phones, else to the clipboard. */
export function useShare(room: string): Sharing {
  const [result, setResult] = useState<Sharing['result']>('none');
  const link = roomLink(location.origin, room);
  const native = 'share' in navigator && matchMedia('(pointer: coarse)').matches;

  useEffect(() => {
    if (result !== 'copied') return;
    const timer = setTimeout(() => setResult('none'), FEEDBACK_MS);
    return () => clearTimeout(timer);
  }, [result]);

  const copy = async () => {
    try {
      // Absent on http://; then the link is shown to be copied by hand.
      await navigator.clipboard.writeText(link);
      setResult('copied');
    } catch {
      setResult('failed');
    }
  };

  const share = () => {
    if (!native) return void copy();
    navigator.share({ title: `${room} on Parley`, url: link }).catch((error: unknown) => {
      // Who closes the sheet wants nothing; any other failure falls back to the clipboard.
      if (!(error instanceof DOMException && error.name === 'AbortError')) void copy();
    });
  };

  return { link, native, result, share };
}
