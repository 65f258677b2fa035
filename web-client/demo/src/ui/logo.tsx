import { useId } from 'react';

/** The signal flag Kilo, yellow and blue, cut as a speech bubble. Flown from a ship it means: I wish to communicate with you. */
export function Logo() {
  const clip = useId();
  return (
    <svg className="logo" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <clipPath id={clip}>
        <path d="M7 3h18a4 4 0 0 1 4 4v13a4 4 0 0 1-4 4H15l-7.2 5.6A.5.5 0 0 1 7 29.2V24a4 4 0 0 1-4-4V7a4 4 0 0 1 4-4Z" />
      </clipPath>
      <g clipPath={`url(#${clip})`}>
        <path className="logo-yellow" d="M0 0h16v32H0z" />
        <path className="logo-blue" d="M16 0h16v32H16z" />
      </g>
    </svg>
  );
}
