/** While the room answers: what is going on, and the way back. */
export function Joining({ room, onCancel }: { room: string; onCancel: () => void }) {
  return (
    <div className="joining">
      <p role="status">
        <span className="spinner" aria-hidden="true" />
        Entering <b>{room}</b>…
      </p>
      <button type="button" className="plain-button" onClick={onCancel}>
        Cancel
      </button>
    </div>
  );
}
