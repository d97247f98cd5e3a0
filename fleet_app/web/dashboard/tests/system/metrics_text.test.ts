import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { samplesOf, sumsBy } from "../../src/system/metrics_text";

const TEXT = `# HELP fleet_positions_refused_total Positions refused while processing, by reason code.
# TYPE fleet_positions_refused_total counter
fleet_positions_refused_total{reason="implied_speed"} 4.0
fleet_positions_refused_total{reason="duplicate"} 6.0
fleet_positions_refused_total_created{reason="duplicate"} 1.79e+09
fleet_door_positions_total{door="http",outcome="accepted"} 26174.0
process_start_time_seconds 1.79546827181e+09
fleet_bucket{le="+Inf"} +Inf
`;

describe("a metric", () => {
  test("is read with its labels, and nothing of one whose name begins the same", () => {
    expect(samplesOf(TEXT, "fleet_positions_refused_total")).toEqual([
      { labels: new Map([["reason", "implied_speed"]]), value: 4 },
      { labels: new Map([["reason", "duplicate"]]), value: 6 },
    ]);
  });

  test("needs no labels", () => {
    expect(samplesOf(TEXT, "process_start_time_seconds")).toEqual([{ labels: new Map(), value: 1_795_468_271.81 }]);
  });

  test("may be without end", () => {
    expect(samplesOf(TEXT, "fleet_bucket")).toEqual([
      { labels: new Map([["le", "+Inf"]]), value: Number.POSITIVE_INFINITY },
    ]);
  });

  test("is read as it was written, whatever its labels say", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary" }),
        fc.string(),
        fc.double({ min: 0, noNaN: true }),
        (first, second, value) => {
          const escaped = [first, second].map((text) =>
            text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"'),
          );
          const told = Number.isFinite(value) ? String(value) : "+Inf";
          const line = `m{a="${escaped[0]}",b="${escaped[1]}"} ${told}`;
          expect(samplesOf(line, "m")).toEqual([
            {
              labels: new Map([
                ["a", first],
                ["b", second],
              ]),
              value,
            },
          ]);
        },
      ),
    );
  });

  test("is nothing in a text that is something else", () => {
    fc.assert(fc.property(fc.string(), (text) => samplesOf(text, "fleet_build_info").length === 0));
  });
});

test("sums by a label stand with the largest first, without what is zero", () => {
  const sample = (reason: string, value: number) => ({ labels: new Map([["reason", reason]]), value });
  const samples = [sample("a", 1), sample("b", 5), sample("a", 2), sample("c", 0)];
  expect(sumsBy(samples, "reason")).toEqual([
    ["b", 5],
    ["a", 3],
  ]);
});
