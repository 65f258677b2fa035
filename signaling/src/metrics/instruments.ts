import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Label -> every value it may have. What is none of them is told as `other`: a series for each user would have no end. */
export type Labels = { readonly [label: string]: readonly string[] };
type Values<L extends Labels> = { readonly [K in keyof L]: string };

/** The value of a label that is none of those it may have. */
export const OTHER = 'other';

interface Description<L extends Labels> {
  /** After Prometheus' conventions: what it is, then its base unit (seconds, bytes), `_total` when it only counts up. */
  name: string;
  help: string;
  labels: L;
}

/** Makes the metrics of one registry. Nothing that comes from a client can become a label of them. */
export class Instruments {
  readonly registry = new Registry();

  /** @param description `start`: begin all series at 0, so that the first increment is seen as one. */
  counter<const L extends Labels>({ name, help, labels, start = false }: Description<L> & { start?: boolean }) {
    const counter = new Counter({ name, help, labelNames: Object.keys(labels), registers: [this.registry] });
    if (start) for (const values of combinations(labels)) counter.inc(values, 0);
    return (values: Values<L>, by = 1): void => {
      if (by > 0) counter.inc(bounded(labels, values), by);
    };
  }

  /** @param description `buckets`: upper bounds, in the unit of the name. */
  histogram<const L extends Labels>({ name, help, labels, buckets }: Description<L> & { buckets: number[] }) {
    const labelNames = Object.keys(labels);
    const histogram = new Histogram({ name, help, labelNames, buckets, registers: [this.registry] });
    return (values: Values<L>, value: number | null): void => {
      if (value !== null && Number.isFinite(value)) histogram.observe(bounded(labels, values), Math.max(0, value));
    };
  }

  /**
   * Asks when it is scraped.
   * @param read the value for each combination of labels that has one; what it throws leaves the gauge out of this
   * scrape, so that one source that is out of reach does not hide all others.
   */
  gauge<const L extends Labels>(
    { name, help, labels }: Description<L>,
    read: () => Iterable<[Values<L>, number]> | Promise<Iterable<[Values<L>, number]>>,
  ): void {
    new Gauge({
      name,
      help,
      labelNames: Object.keys(labels),
      registers: [this.registry],
      async collect() {
        // A gauge without labels would say 0 once it is reset.
        if (Object.keys(labels).length === 0) this.remove();
        else this.reset();
        try {
          for (const [values, value] of await read()) this.set(bounded(labels, values), value);
        } catch {
          // Left out.
        }
      },
    });
  }

  /** A gauge of one number; undefined or null leaves it out. */
  number(name: string, help: string, read: () => number | null | undefined | Promise<number | null | undefined>): void {
    this.gauge({ name, help, labels: {} }, async () => {
      const value = await read();
      return value === null || value === undefined ? [] : [[{}, value]];
    });
  }
}

function bounded<L extends Labels>(labels: L, values: Values<L>): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [label, known] of Object.entries(labels)) {
    const value = values[label] ?? OTHER;
    result[label] = known.includes(value) ? value : OTHER;
  }
  return result;
}

function combinations(labels: Labels): Record<string, string>[] {
  return Object.entries(labels).reduce<Record<string, string>[]>(
    (all, [label, known]) => all.flatMap((one) => known.map((value) => ({ ...one, [label]: value }))),
    [{}],
  );
}
