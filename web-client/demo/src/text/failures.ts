import type { ErrorCode } from '@parley/voice-sdk';

/** A failure in words: what happened, and what to do now. */
export interface Failure {
  readonly title: string;
  readonly advice: string;
  /** The microphone is what is missing: one can still listen. */
  readonly microphone?: true;
  /** The field of the join form that has to change. */
  readonly field?: 'name' | 'room';
}

const SERVER_TEXTS = {
  invalid_request: {
    title: 'The server did not accept that.',
    advice: 'Check your name and the room: 1 to 64 characters each, no control characters.',
  },
  unknown_request: {
    title: 'This page and the server do not understand each other.',
    advice: 'Reload the page to get its newest version.',
  },
  payload_too_large: {
    title: 'A message was too large for the server.',
    advice: 'Try a shorter name, or reload the page.',
  },
  unsupported_version: {
    title: 'This page is older than the server.',
    advice: 'Reload the page to get its newest version.',
  },
  origin_not_allowed: {
    title: 'The server does not allow this page.',
    advice: 'Whoever runs the server can add this address to its allowed origins.',
  },
  unauthorized: {
    title: 'The server wants you to sign in.',
    advice: 'Your access was not accepted or has expired. Open the invitation link again.',
  },
  resume_rejected: {
    title: 'You were away too long to slip back in.',
    advice: 'Nothing is broken: press Join to come back.',
  },
  already_in_room: {
    title: 'You are in that room already.',
    advice: 'Look for another tab or window with this room, or close it and press Join.',
  },
  room_not_found: {
    title: 'There is no such room.',
    advice: 'It may have ended. Check its name, or press Join to open it again.',
    field: 'room',
  },
  not_in_room: {
    title: 'You are no longer in the room.',
    advice: 'Press Join to come back.',
  },
  participant_not_found: {
    title: 'That person has left.',
    advice: 'Nothing to do; the list is up to date again.',
  },
  participant_unreachable: {
    title: 'That person is reconnecting.',
    advice: 'Wait a moment; their sound comes back by itself.',
  },
  not_found: {
    title: 'The server lost track of your sound.',
    advice: 'Press Join to come back.',
  },
  stale_epoch: {
    title: 'The room moved on while you were joining.',
    advice: 'Press Join again.',
  },
  conflict: {
    title: 'Your place was taken over.',
    advice: 'You came in from another tab or device, and only one can talk. Press Join to talk from here.',
  },
  room_full: {
    title: 'This room is full.',
    advice: 'Wait until someone leaves and press Join again, or pick another room.',
    field: 'room',
  },
  room_full_mesh_only: {
    title: 'This room is full for now.',
    advice:
      'Larger rooms need a media server, and none is running. Wait until someone leaves and press Join again, or pick another room.',
    field: 'room',
  },
  sfu_unavailable: {
    title: 'No media server is running.',
    advice: 'Small rooms still work. Try again in a minute, or pick another room.',
  },
  relay_unavailable: {
    title: 'No relay can be reached.',
    advice: 'Your sound may travel by a relay only, and none answers. It is tried again by itself.',
  },
  timeout: {
    title: 'The server did not answer in time.',
    advice: 'Check your connection and press Join again.',
  },
  connection_lost: {
    title: 'The server cannot be reached.',
    advice: 'Check your connection. If it is fine, the server may be down: wait a moment and press Join again.',
  },
  server_full: {
    title: 'The server is full.',
    advice: 'Wait a few minutes and press Join again.',
  },
  rate_limited: {
    title: 'That was too much at once.',
    advice: 'Wait a few seconds and press Join again.',
  },
  store_unavailable: {
    title: 'The servers cannot agree just now.',
    advice: 'Calls go on. Wait a few seconds and press Join again.',
  },
  not_allowed: {
    title: 'You may not do that here.',
    advice: 'Your invitation does not cover it. Ask whoever gave it to you.',
  },
  identity_unavailable: {
    title: 'The server cannot check who you are just now.',
    advice: 'Wait a moment and press Join again.',
  },
  token_expired: {
    title: 'Your access has expired.',
    advice: 'Open the invitation link again.',
  },
  replaced: {
    title: 'You are connected somewhere else.',
    advice: 'Another tab or device took over. Press Join to talk from here.',
  },
  removed: {
    title: 'You were removed from the room.',
    advice: 'A moderator decided so.',
  },
  banned: {
    title: 'You may not come into this room for now.',
    advice: 'A moderator decided so. Try again later, or pick another room.',
    field: 'room',
  },
  room_locked: {
    title: 'This room is locked.',
    advice: 'A moderator lets nobody else in for now. Try again later, or pick another room.',
    field: 'room',
  },
  room_ended: {
    title: 'The room was ended.',
    advice: 'A moderator ended it for everyone.',
  },
  match_expired: {
    title: 'The other person did not come.',
    advice: 'Look for someone again.',
  },
  server_shutdown: {
    title: 'The server is being restarted.',
    advice: 'It is usually back within a minute. Press Join again then.',
  },
  internal: {
    title: 'Something went wrong on the server.',
    advice: 'It is not your doing. Press Join again; if it goes on, tell whoever runs the server.',
  },
} as const satisfies Record<ErrorCode, Failure>;

/** What `getUserMedia` rejects with (https://w3c.github.io/mediacapture-main/#dom-mediadevices-getusermedia). */
const MICROPHONE_TEXTS = {
  NotAllowedError: {
    title: 'The microphone is blocked.',
    advice:
      'Allow the microphone for this page (the icon beside the address, or your system’s privacy settings) and try again. Or just listen.',
    microphone: true,
  },
  NotFoundError: {
    title: 'No microphone was found.',
    advice: 'Plug one in or switch it on and try again. Or just listen.',
    microphone: true,
  },
  NotReadableError: {
    title: 'The microphone is in use or not working.',
    advice: 'Close other programs that use it, or choose another one. Or just listen.',
    microphone: true,
  },
  OverconstrainedError: {
    title: 'That microphone is gone.',
    advice: 'Choose another one and try again. Or just listen.',
    microphone: true,
  },
  AbortError: {
    title: 'The microphone stopped.',
    advice: 'Unplug it and plug it in again, or choose another one. Or just listen.',
    microphone: true,
  },
  SecurityError: {
    title: 'The browser gives this page no microphone.',
    advice: 'A page needs https:// (or localhost) to use one. You can still listen.',
    microphone: true,
  },
} as const satisfies Record<string, Failure>;

/** The microphone went away in mid-call. */
export const MICROPHONE_LOST: Failure = {
  title: 'Your microphone stopped.',
  advice: 'It was unplugged or switched off, so you are muted. Plug it in and try again, or choose another one below.',
  microphone: true,
};

/** `navigator.mediaDevices` exists on https:// and localhost only. */
export const NO_MEDIA_DEVICES = MICROPHONE_TEXTS.SecurityError;
/** The person, or their system, has said no before. */
export const MICROPHONE_BLOCKED = MICROPHONE_TEXTS.NotAllowedError;

/** Sound may go by TURN servers alone, and none answers. */
export const NO_RELAY: Failure = SERVER_TEXTS.relay_unavailable;

/** The words for a code of the protocol, as in a VoiceError or the reason a room closed with. */
export function failureOfCode(code: string, message: string): Failure {
  if (Object.hasOwn(SERVER_TEXTS, code)) return SERVER_TEXTS[code as ErrorCode];
  return unknownFailure(message);
}

/** The words for whatever an SDK call or the browser threw. An error nobody foresaw shows its own message. */
export function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return unknownFailure(String(error));
  // By shape, not by class: it holds across realms and copies of the SDK.
  if ('code' in error && typeof error.code === 'string') {
    if (error.code === 'invalid_request' && 'path' in error) return invalidField(String(error.path), error.message);
    return failureOfCode(error.code, error.message);
  }
  if (Object.hasOwn(MICROPHONE_TEXTS, error.name)) return MICROPHONE_TEXTS[error.name as keyof typeof MICROPHONE_TEXTS];
  return unknownFailure(error.message || error.name);
}

/** The same where one looks for someone to meet: the button is called otherwise there. */
export function forMeeting(failure: Failure): Failure {
  return { ...failure, advice: failure.advice.replace(/\b([Pp])ress Join\b/g, '$1ress Meet someone') };
}

/** The words for a failed `getUserMedia`, whatever it is: one can always just listen. */
export function microphoneFailureOf(error: unknown): Failure {
  return { ...failureOf(error), microphone: true };
}

function invalidField(path: string, message: string): Failure {
  if (/name$/i.test(path)) {
    return {
      title: 'The server does not accept that name.',
      advice: `Choose another one (${message}).`,
      field: 'name',
    };
  }
  if (/room(id)?$/i.test(path)) {
    return {
      title: 'The server does not accept that room.',
      advice: `Choose another one (${message}).`,
      field: 'room',
    };
  }
  return { ...SERVER_TEXTS.invalid_request, advice: `${SERVER_TEXTS.invalid_request.advice} (${path}: ${message})` };
}

function unknownFailure(message: string): Failure {
  return { title: message || 'Something unexpected happened.', advice: 'Try again; if it goes on, reload the page.' };
}
