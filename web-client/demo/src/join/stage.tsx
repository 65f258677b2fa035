import { Diagram } from '../ui/diagram.tsx';

/** What Parley does, drawn: the same people, first each to each, then all through one place. */
export function Stage() {
  return (
    <section className="stage" aria-labelledby="stage-title">
      <div className="stage-picture" aria-hidden="true">
        <Diagram className="stage-mesh" topology="mesh" people={7} />
        <Diagram className="stage-sfu" topology="sfu" people={7} />
      </div>
      <h2 id="stage-title">The sound does not stop.</h2>
      <ul className="stage-points">
        <li>
          <b>A few people</b> talk straight from browser to browser.
        </li>
        <li>
          <b>Many people</b> go through a server, so that everyone sends only once.
        </li>
        <li>
          <b>When a call grows</b> it moves from one to the other while you speak, and you can read off how long that
          was silent.
        </li>
      </ul>
    </section>
  );
}
