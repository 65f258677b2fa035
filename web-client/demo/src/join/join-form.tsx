import { type FormEvent, useEffect, useRef, useState } from 'react';
import { useMicrophoneChoice } from '../hooks/use-microphone-choice.ts';
import { readStored, writeStored } from '../hooks/use-stored.ts';
import { roomFromUrl } from '../session/link.ts';
import { NO_MICROPHONE } from '../session/microphone-choice.ts';
import type { Session, SessionState } from '../session/session.ts';
import { nameProblem, suggestRoom } from '../text/names.ts';
import { FailureNotice } from '../ui/failure-notice.tsx';
import { Icon } from '../ui/icon.tsx';
import { MicrophoneField } from './microphone-field.tsx';
import { TextField } from './text-field.tsx';

interface JoinFormProps {
  readonly session: Session;
  readonly state: Exclude<SessionState, { phase: 'inside' }>;
}

export function JoinForm({ session, state }: JoinFormProps) {
  const [name, setName] = useState(() => readStored('name') ?? '');
  const [room, setRoom] = useState(() => roomFromUrl(new URL(location.href)) || readStored('room') || 'lobby');
  const [checked, setChecked] = useState(false);
  const nameInput = useRef<HTMLInputElement>(null);
  const roomInput = useRef<HTMLInputElement>(null);
  const joinButton = useRef<HTMLButtonElement>(null);
  const wasJoining = useRef(false);

  const { microphones, choice, choose, preview, test } = useMicrophoneChoice();

  const failure = state.phase === 'outside' ? state.failure : null;
  const joining = state.phase === 'joining';
  const nameWrong = checked ? nameProblem(name, 'name') : undefined;
  const roomWrong = checked ? nameProblem(room, 'room') : undefined;

  // Ready to type, but not on phones, where that would open the keyboard over the page.
  useEffect(() => {
    if (nameInput.current?.value === '' && matchMedia('(pointer: fine)').matches) nameInput.current.focus();
  }, []);

  // The form was away while joining, and the focus with it: back to what has to change, or to the button.
  const field = failure?.field;
  useEffect(() => {
    const target = field === 'name' ? nameInput : field === 'room' ? roomInput : joinButton;
    if (wasJoining.current && !joining) target.current?.focus();
    wasJoining.current = joining;
  }, [joining, field]);

  const enter = (withMicrophone: string) => {
    setChecked(true);
    if (nameProblem(name, 'name') !== undefined) return nameInput.current?.focus();
    if (nameProblem(room, 'room') !== undefined) return roomInput.current?.focus();
    writeStored('name', name.trim());
    writeStored('room', room.trim());
    void session.join({ name: name.trim(), room: room.trim(), microphone: withMicrophone });
  };

  const handleSubmit = (event: FormEvent) => {
    event.preventDefault();
    enter(choice);
  };

  return (
    <form className="join-form" onSubmit={handleSubmit} noValidate hidden={joining}>
      {failure && (
        <FailureNotice failure={failure}>
          {failure.microphone && (
            <button type="button" className="plain-button" onClick={() => enter(NO_MICROPHONE)}>
              Just listen
            </button>
          )}
        </FailureNotice>
      )}
      <TextField
        id="name"
        label="Your name"
        value={name}
        onChange={setName}
        hint="Others see it beside your voice."
        problem={nameWrong}
        autoComplete="nickname"
        inputRef={nameInput}
      />
      <TextField
        id="room"
        label="Room"
        value={room}
        onChange={setRoom}
        hint="Whoever types the same name is with you."
        problem={roomWrong}
        autoComplete="off"
        inputRef={roomInput}
      >
        <button
          type="button"
          className="field-button"
          onClick={() => setRoom(suggestRoom())}
          aria-label="Make one up"
          title="Make one up"
        >
          <Icon name="dice" />
        </button>
      </TextField>
      <MicrophoneField
        microphones={microphones}
        choice={choice}
        onChoose={choose}
        preview={preview}
        announced={failure === null}
        onTest={test}
      />
      <button ref={joinButton} type="submit" className="primary-button join-button" disabled={joining}>
        Join
      </button>
    </form>
  );
}
