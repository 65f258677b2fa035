import { type FormEvent, useState } from 'react';
import type { Failure } from '../text/failures.ts';
import { FailureNotice } from '../ui/failure-notice.tsx';
import type { Desk } from './desk.ts';

interface KeyFormProps {
  readonly desk: Desk;
  readonly failure: Failure | null;
  readonly busy: boolean;
}

/** Asks for the admin key, which no other page is told and no address holds. */
export function KeyForm({ desk, failure, busy }: KeyFormProps) {
  const [key, setKey] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    desk.open(key.trim());
  };
  return (
    <form className="key-form" onSubmit={submit}>
      <h1>Operations</h1>
      <p className="join-lead">What goes on at this Parley, live, for those who run it.</p>
      {failure && <FailureNotice failure={failure} />}
      <div className="field">
        <label htmlFor="admin-key">Admin key</label>
        {/* Where a password manager keeps it. */}
        <input type="text" autoComplete="username" value="operator" readOnly hidden />
        <input
          id="admin-key"
          type="password"
          autoComplete="current-password"
          required
          value={key}
          onChange={(event) => setKey(event.target.value)}
        />
        <p className="hint">The server’s setting ADMIN_KEY. This page forgets it when you close it.</p>
      </div>
      <button type="submit" className="primary-button" disabled={busy}>
        {busy ? 'Opening …' : 'Open'}
      </button>
    </form>
  );
}
