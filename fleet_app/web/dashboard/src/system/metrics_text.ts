/** Reading a metric out of Prometheus' text format. Pure. */

export interface Sample {
  readonly labels: ReadonlyMap<string, string>;
  readonly value: number;
}

const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})?[ \t]+(\S+)(?:[ \t]+-?\d+)?[ \t]*$/s;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/gs;
const ESCAPED: Readonly<Record<string, string>> = { n: "\n" };

/** Return the samples of a metric; lines that are none, or of another metric, are passed over. */
export function samplesOf(text: string, metric: string): Sample[] {
  return text.split("\n").flatMap((line) => {
    if (!line.startsWith(metric)) return [];
    const [, name, labels = "", value = ""] = SAMPLE.exec(line) ?? [];
    return name === metric ? [{ labels: labelsOf(labels), value: numberOf(value) }] : [];
  });
}

/** Return the sum of a metric for each value of a label, the largest first; what is zero is left out. */
export function sumsBy(samples: readonly Sample[], label: string): [string, number][] {
  const sums = new Map<string, number>();
  for (const sample of samples) {
    const value = sample.labels.get(label) ?? "";
    sums.set(value, (sums.get(value) ?? 0) + sample.value);
  }
  return [...sums].filter(([, sum]) => sum > 0).sort(([, a], [, b]) => b - a);
}

function labelsOf(text: string): Map<string, string> {
  return new Map([...text.matchAll(LABEL)].map(([, name = "", value = ""]) => [name, unescaped(value)]));
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/gs, (_, character: string) => ESCAPED[character] ?? character);
}

function numberOf(text: string): number {
  if (text === "+Inf") return Number.POSITIVE_INFINITY;
  return text === "-Inf" ? Number.NEGATIVE_INFINITY : Number(text);
}
