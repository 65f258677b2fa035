import { Flag } from '../ui/flag.tsx';

/** What meeting is like, drawn and in three lines. */
export function MeetStage() {
  return (
    <section className="stage" aria-labelledby="stage-title">
      <div className="meet-picture" aria-hidden="true">
        <Flag name="Noor Haddad" />
        <span className="meet-line" />
        <Flag name="Ken Sato" />
      </div>
      <h2 id="stage-title">A voice, and someone behind it.</h2>
      <ul className="stage-points">
        <li>
          <b>Nobody twice.</b> Whom you have just met you do not meet again for a while.
        </li>
        <li>
          <b>Go on whenever you like.</b> One key, and you are put through to the next.
        </li>
        <li>
          <b>Leave the rude ones behind.</b> Block someone, and you are not put through to them again.
        </li>
      </ul>
    </section>
  );
}
