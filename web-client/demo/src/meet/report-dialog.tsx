import { type FormEvent, useEffect, useRef, useState } from 'react';
import { COMPLAINTS, type Complaint, settle } from '../session/complaint.ts';
import type { MeetSession, Stranger } from '../session/meet.ts';
import { type Failure, failureOf } from '../text/failures.ts';
import { FailureNotice } from '../ui/failure-notice.tsx';

interface ReportDialogProps {
  readonly session: MeetSession;
  readonly met: readonly Stranger[];
  readonly onClose: () => void;
}

/** Never to meet someone again, and to say why if there is something to say. */
export function ReportDialog({ session, met, onClose }: ReportDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [userId, setUserId] = useState(met[0]?.userId ?? '');
  const [complaint, setComplaint] = useState<Complaint>('none');
  const [words, setWords] = useState('');
  const [failure, setFailure] = useState<Failure | null>(null);
  const [busy, setBusy] = useState(false);

  const only = met.length === 1 ? met[0] : undefined;

  useEffect(() => dialog.current?.showModal(), []);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setFailure(null);
    try {
      // On success the page goes on to someone else, and this dialog with it.
      await settle(session, { userId, complaint, words });
    } catch (error) {
      setFailure(failureOf(error));
      setBusy(false);
    }
  };

  return (
    <dialog ref={dialog} className="report" aria-labelledby="report-title" onClose={onClose}>
      <form onSubmit={(event) => void submit(event)}>
        <h2 id="report-title">Block or report {only && <bdi>{only.name}</bdi>}</h2>
        <p className="hint">While this page is open you are not put through to them again. They are not told.</p>
        {failure && <FailureNotice failure={failure} />}
        {met.length > 1 && (
          <fieldset className="report-list">
            <legend>Whom?</legend>
            {met.map((one) => (
              <Option
                key={one.userId}
                name="whom"
                label={one.name}
                checked={one.userId === userId}
                onChange={() => setUserId(one.userId)}
              />
            ))}
          </fieldset>
        )}
        <fieldset className="report-list">
          <legend>What is it?</legend>
          {COMPLAINTS.map(({ value, label }) => (
            <Option
              key={value}
              name="complaint"
              label={label}
              checked={value === complaint}
              onChange={() => setComplaint(value)}
            />
          ))}
        </fieldset>
        {complaint !== 'none' && (
          <div className="field">
            <label htmlFor="report-words">What happened? (you need not say)</label>
            <textarea
              id="report-words"
              rows={3}
              maxLength={500}
              value={words}
              onChange={(event) => setWords(event.target.value)}
            />
            <p className="hint">Those who run this server read it.</p>
          </div>
        )}
        <div className="report-actions">
          <button type="submit" className="primary-button" disabled={busy}>
            {complaint === 'none' ? 'Block and go on' : 'Report, block and go on'}
          </button>
          <button type="button" className="plain-button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
        </div>
      </form>
    </dialog>
  );
}

interface OptionProps {
  readonly name: string;
  readonly label: string;
  readonly checked: boolean;
  readonly onChange: () => void;
}

function Option({ name, label, checked, onChange }: OptionProps) {
  return (
    <label className="report-option">
      <input type="radio" name={name} checked={checked} onChange={onChange} />
      <bdi>{label}</bdi>
    </label>
  );
}
