import { type FormEvent, useEffect, useRef, useState } from 'react';
import { useMicrophoneChoice } from '../hooks/use-microphone-choice.ts';
import { readStored, writeStored } from '../hooks/use-stored.ts';
import { MicrophoneField } from '../join/microphone-field.tsx';
import { TextField } from '../join/text-field.tsx';
import type { MeetSession } from '../session/meet.ts';
import { NO_MICROPHONE } from '../session/microphone-choice.ts';
import { LANGUAGES, languageName, REGIONS, SIZES, TOPICS, type Wishes, wishesFrom } from '../session/wishes.ts';
import type { Failure } from '../text/failures.ts';
import { nameProblem } from '../text/names.ts';
import { FailureNotice } from '../ui/failure-notice.tsx';
import { Choices } from './choices.tsx';
import { Select } from './select.tsx';

const LANGUAGE_OPTIONS = LANGUAGES.map((value) => ({ value, label: languageName(value) })).sort((a, b) =>
  a.label.localeCompare(b.label),
);
const SIZE_OPTIONS = SIZES.map((size) => ({
  value: String(size),
  label: size === 2 ? 'Just the two of us' : `${size} people`,
}));
const KEYS = ['language', 'region', 'topic', 'size'] as const;

function storedWishes(): Wishes {
  const stored = Object.fromEntries(KEYS.map((key) => [key, readStored(`meet.${key}`)]));
  return wishesFrom(stored, navigator.language);
}

interface MeetFormProps {
  readonly session: MeetSession;
  readonly failure: Failure | null;
}

/** Whom one would like to meet. Nothing of it has to be filled in but a name. */
export function MeetForm({ session, failure }: MeetFormProps) {
  const [name, setName] = useState(() => readStored('name') ?? '');
  const [wishes, setWishes] = useState(storedWishes);
  const [checked, setChecked] = useState(false);
  const nameInput = useRef<HTMLInputElement>(null);
  const { microphones, choice, choose, preview, test } = useMicrophoneChoice();
  const wrong = checked ? nameProblem(name, 'name') : undefined;

  // Ready to type, but not on phones, where that would open the keyboard over the page.
  useEffect(() => {
    if (nameInput.current?.value === '' && matchMedia('(pointer: fine)').matches) nameInput.current.focus();
  }, []);

  const wish = (change: Partial<Wishes>) => setWishes((before) => ({ ...before, ...change }));

  const start = (microphone: string) => {
    setChecked(true);
    if (nameProblem(name, 'name') !== undefined) return nameInput.current?.focus();
    writeStored('name', name.trim());
    for (const key of KEYS) writeStored(`meet.${key}`, String(wishes[key]));
    void session.start({ name: name.trim(), wishes, microphone });
  };

  const handleSubmit = (event: FormEvent) => {
    event.preventDefault();
    start(choice);
  };

  return (
    <form className="join-form" onSubmit={handleSubmit} noValidate>
      {failure && (
        <FailureNotice failure={failure}>
          {failure.microphone && (
            <button type="button" className="plain-button" onClick={() => start(NO_MICROPHONE)}>
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
        hint="Whoever you meet sees it."
        problem={wrong}
        autoComplete="nickname"
        inputRef={nameInput}
      />
      <Choices
        legend="Talk about"
        name="topic"
        options={TOPICS}
        value={wishes.topic}
        onChange={(topic) => wish({ topic })}
      />
      <div className="meet-pair">
        <Select
          id="language"
          label="Language"
          anything="Any"
          options={LANGUAGE_OPTIONS}
          value={wishes.language}
          onChange={(language) => wish({ language })}
        />
        <Select
          id="region"
          label="Where they are"
          anything="Anywhere"
          options={REGIONS}
          value={wishes.region}
          onChange={(region) => wish({ region })}
        />
      </div>
      <Select
        id="size"
        label="How many"
        options={SIZE_OPTIONS}
        value={String(wishes.size)}
        onChange={(size) => wish({ size: Number(size) })}
      />
      <MicrophoneField
        microphones={microphones}
        choice={choice}
        onChoose={choose}
        preview={preview}
        announced={failure === null}
        onTest={test}
      />
      <button type="submit" className="primary-button join-button">
        Meet someone
      </button>
    </form>
  );
}
