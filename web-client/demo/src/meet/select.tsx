interface SelectProps {
  readonly id: string;
  readonly label: string;
  readonly options: readonly { readonly value: string; readonly label: string }[];
  /** The first choice, which is none of them. */
  readonly anything?: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** A labelled list to choose one of. */
export function Select({ id, label, options, anything, value, onChange }: SelectProps) {
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <div className="field-line select-line">
        <select id={id} value={value} onChange={(event) => onChange(event.target.value)}>
          {anything !== undefined && <option value="">{anything}</option>}
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
      </div>
    </div>
  );
}
