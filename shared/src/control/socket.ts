import type { Ack } from '../protocol/socket.ts';
import type { ControlEvent, ControlEventName } from './events.ts';
import type { LinkChallenge, LinkProof } from './proof.ts';
import type { ControlInput, ControlOutput, ControlRequestName } from './requests.ts';

/** The Socket.IO namespace of the control link on an SFU node's HTTP port. */
export const CONTROL_NAMESPACE = '/control';

/** The secret of both servers on a developer's machine, when none is set. Neither takes it for anything else. */
export const DEVELOPMENT_CONTROL_SECRET = 'parley-development-secret';

/** Signaling to SFU. */
export type ControlClientToServerEvents = {
  [R in ControlRequestName]: (input: ControlInput<R>, ack: (answer: Ack<ControlOutput<R>>) => void) => void;
};

/** SFU to signaling. */
export type ControlServerToClientEvents = { [E in ControlEventName]: (event: ControlEvent<E>) => void } & {
  'link:challenge': (challenge: LinkChallenge, ack: (answer: LinkProof) => void) => void;
  'link:proof': (proof: LinkProof) => void;
};
