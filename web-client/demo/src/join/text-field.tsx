import type { ReactNode, Ref } from 'react';

interface TextFieldProps {
  readonly id: string;
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly hint: string;
  /** Why the value cannot be used; shown instead of the hint. */
  readonly problem: string | undefined;
  readonly autoComplete: string;
  readonly inputRef: Ref<HTMLInputElement>;
  /** A button at the field's end. */
  readonly children?: ReactNode;
}

/** A labelled line of text with a hint below, which becomes the problem when there is one. */
export function TextField({ id, label, value, onChange, hint, problem, inputRef, children, ...input }: TextFieldProps) {
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <div className="field-line">
        <input
          {...input}
          ref={inputRef}
          id={id}
          type="text"
          value={value}
          onChange={(event) => onChange(event.target.value)}
          aria-invalid={problem !== undefined}
          aria-describedby={`${id}-hint`}
          spellCheck={false}
          autoCapitalize={id === 'name' ? 'words' : 'off'}
          enterKeyHint="go"
        />
        {children}
      </div>
      <p id={`${id}-hint`} className={problem === undefined ? 'hint' : 'hint problem'}>
        {problem ?? hint}
      </p>
    </div>
  );
}
