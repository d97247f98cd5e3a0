import { readFileSync } from "node:fs";
import { validateStyleMin } from "@maplibre/maplibre-gl-style-spec";
import { describe, expect, test } from "vitest";
import { BASE_COLOURS } from "../../src/base_map/base_colours";
import { styleOf } from "../../src/base_map/base_map";
import { withoutLayerList } from "../../src/base_map/protocols";
import type { ShownTheme } from "../../src/base_map/shown_theme";

const THEMES: readonly ShownTheme[] = ["light", "dark"];
const TILES = { map: { tiles: "/map/region.pmtiles", style_url: null } };
const NOTHING_SET = { map: { tiles: null, style_url: null } };
const TOKENS = readFileSync("src/ui/tokens.css", "utf8");
const STATE_COLOUR = /--state-([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g;

describe.each(THEMES)("in the %s theme", (theme) => {
  test.each([
    ["bundled", null],
    ["tiled", TILES],
  ])("the %s style is one that MapLibre understands", (_, settings) => {
    const style = styleOf(theme, settings);

    expect(typeof style === "string" ? style : validateStyleMin(style)).toEqual([]);
  });

  test("nothing of the style is fetched from another host, and text needs no server of letters", () => {
    const text = JSON.stringify([styleOf(theme, null), styleOf(theme, TILES)]);

    expect(text.match(/https?:\/\/[^"\\]*/g)?.filter((url) => !url.startsWith(COPYRIGHT))).toEqual([]);
    expect(text).not.toContain("glyphs");
  });

  test("every vehicle stands out 3:1 from whatever it stands on", () => {
    const { text: _text, halo: _halo, ...grounds } = BASE_COLOURS[theme];
    const states = [...TOKENS.matchAll(STATE_COLOUR)].map(([, state, light, dark]) => [state, { light, dark }[theme]]);
    const pale = states.flatMap(([state, colour = ""]) =>
      Object.entries(grounds).flatMap(([ground, other]) =>
        contrast(colour, other) < 3 ? [`${state} on ${ground}: ${contrast(colour, other).toFixed(2)}`] : [],
      ),
    );

    expect(states.length).toBeGreaterThanOrEqual(6);
    expect(pale).toEqual([]);
  });

  test("names can be read on whatever they stand on", () => {
    const { text, border: _border, rail: _rail, streetEdge: _edge, ...grounds } = BASE_COLOURS[theme];
    const pale = Object.entries(grounds).filter(([, ground]) => contrast(text, ground) < 4.5);

    expect(pale).toEqual([]);
  });
});

const COPYRIGHT = "https://www.openstreetmap.org/copyright";

test("who made the bundled streets is said, with a link", () => {
  expect(JSON.stringify(styleOf("light", null))).toContain(COPYRIGHT);
});

test("settings that set nothing are the same as none", () => {
  expect(styleOf("light", NOTHING_SET)).toEqual(styleOf("light", null));
});

test("the operator's tiles take the place of the demo's streets", () => {
  const style = styleOf("light", TILES);

  expect(JSON.stringify(style)).toContain("pmtiles:///map/region.pmtiles");
  expect(JSON.stringify(style)).not.toContain("streets.json");
});

test("the operator's own style takes the place of all", () => {
  const own = "https://maps.example/style.json";

  expect(styleOf("dark", { map: { tiles: "/map/region.pmtiles", style_url: own } })).toBe(own);
});

test("an archive that lacks a layer is not an error, so its list of layers is not told", () => {
  const told = { tiles: ["pmtiles:///a/{z}/{x}/{y}"], vector_layers: [{ id: "roads" }], attribution: "somebody" };

  expect(withoutLayerList({ data: told })).toEqual({ data: { tiles: told.tiles, attribution: "somebody" } });
});

test("a tile is passed on as it is", () => {
  const tile = { data: new Uint8Array([1, 2]) };

  expect(withoutLayerList(tile)).toBe(tile);
});

function contrast(one: string, other: string): number {
  const [darker = 0, lighter = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

/** WCAG 2.2's relative luminance. */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => linear(Number.parseInt(colour.slice(at, at + 2), 16)));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function linear(part: number): number {
  const share = part / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
}
