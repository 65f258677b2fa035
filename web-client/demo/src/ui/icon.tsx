/** 24 x 24, drawn with the current colour. */
const PATHS = {
  microphone: 'M12 3.5a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0v-5a3 3 0 0 1 3-3ZM5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3',
  microphoneOff:
    'M9 9.2v2.3a3 3 0 0 0 4.9 2.3M15 11.2V6.5a3 3 0 0 0-5.8-1.1M5.5 11.5A6.5 6.5 0 0 0 16.3 16.4M18.5 11.5a6.4 6.4 0 0 1-.6 2.7M12 18v3M4 4l16 16',
  headphones:
    'M4 14.5V12a8 8 0 0 1 16 0v2.5M4 14.5A1.5 1.5 0 0 1 5.5 13H7v7H6a2 2 0 0 1-2-2v-3.5ZM20 14.5A1.5 1.5 0 0 0 18.5 13H17v7h1a2 2 0 0 0 2-2v-3.5Z',
  headphonesOff:
    'M4 18v-6c0-1.9.7-3.7 1.8-5.1M8.6 4.76A8 8 0 0 1 20 12v4M4 14.5A1.5 1.5 0 0 1 5.5 13H7v7H6a2 2 0 0 1-2-2M17 17v3h1c.5 0 1-.2 1.3-.5M4 4l16 16',
  leave: 'M10 4H6a2 2 0 0 0-2 2v12a2 2 0 0 0 2 2h4M15.5 8l4 4-4 4M19.5 12H9.5',
  link: 'M10 13.5a4 4 0 0 0 5.7 0l3-3a4 4 0 0 0-5.7-5.7l-1 1M14 10.5a4 4 0 0 0-5.7 0l-3 3a4 4 0 0 0 5.7 5.7l1-1',
  share: 'M12 14.5V3.5M8 7l4-4 4 4M6 11.5v7a2 2 0 0 0 2 2h8a2 2 0 0 0 2-2v-7',
  lock: 'M7 11V8a5 5 0 0 1 10 0v3M6.5 11h11A1.5 1.5 0 0 1 19 12.5v6a1.5 1.5 0 0 1-1.5 1.5h-11A1.5 1.5 0 0 1 5 18.5v-6A1.5 1.5 0 0 1 6.5 11ZM12 14.5v2.5',
  silenced: 'M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17ZM6 6l12 12',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  close: 'M6 6l12 12M18 6L6 18',
  volume: 'M4 9.5v5h3.5L12 18.5v-13L7.5 9.5H4ZM15.5 9a4.2 4.2 0 0 1 0 6M18 6.5a7.8 7.8 0 0 1 0 11',
  pin: 'M9 4h6M10 4v6l-3 4h10l-3-4V4M12 14v6.5',
  sun: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4',
  moon: 'M20 14.2A8.2 8.2 0 0 1 9.8 4 8.2 8.2 0 1 0 20 14.2Z',
  auto: 'M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17Z',
  keyboard:
    'M4 6.5h16a1.5 1.5 0 0 1 1.5 1.5v8a1.5 1.5 0 0 1-1.5 1.5H4A1.5 1.5 0 0 1 2.5 16V8A1.5 1.5 0 0 1 4 6.5ZM6.5 10h.01M10 10h.01M14 10h.01M17.5 10h.01M8 14h8',
  chevron: 'M7 10l5 5 5-5',
  warning: 'M12 4.5 3 19.5h18L12 4.5ZM12 10.5v4M12 17.2v.01',
  dice: 'M6 4h12a2 2 0 0 1 2 2v12a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2ZM8.5 8.5h.01M15.5 8.5h.01M12 12h.01M8.5 15.5h.01M15.5 15.5h.01',
  away: 'M19.2 9A7.8 7.8 0 0 0 5 8.5M4.8 15A7.8 7.8 0 0 0 19 15.5M4.5 4v4.5H9M19.5 20v-4.5H15',
  wave: 'M3.5 12h.01M7.75 9v6M12 5.5v13M16.25 9v6M20.5 12h.01',
  next: 'M5 5.5l8 6.5-8 6.5v-13ZM17.5 5.5v13',
  flag: 'M6 21V4M6 4.5c4-2 8 2 12 0v9c-4 2-8-2-12 0',
  people:
    'M9 4.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7ZM2.5 19.5a6.5 6.5 0 0 1 13 0M16 4.8a3.5 3.5 0 0 1 0 6.4M18 13.8a6.5 6.5 0 0 1 3.5 5.7',
  tune: 'M4 7.5h7M17 7.5h3M14 5.3a2.2 2.2 0 1 0 0 4.4 2.2 2.2 0 0 0 0-4.4ZM4 16.5h3M13 16.5h7M10 14.3a2.2 2.2 0 1 0 0 4.4 2.2 2.2 0 0 0 0-4.4Z',
} as const;

/** Parts that are filled. */
const SOLID: Partial<Record<IconName, string>> = { auto: 'M12 3.5a8.5 8.5 0 0 1 0 17Z' };

export type IconName = keyof typeof PATHS;

/** Decoration beside words; it says nothing to a screen reader. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
      {SOLID[name] && <path d={SOLID[name]} fill="currentColor" />}
    </svg>
  );
}
