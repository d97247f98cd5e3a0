/** The map's layer of vehicles: one draw call for all that stand, one for all that move, one for the selected one. */

import type { CustomLayerInterface, CustomRenderMethodInput, Map as MapLibreMap } from "maplibre-gl";
import { frameMeter } from "./frame_meter";
import { FADE_MS, mercatorX, mercatorY } from "./motion";
import { type MovingFleet, ROW_FLOATS } from "./moving_fleet";
import { FRAGMENT_SHADER, VERTEX_SHADER } from "./shaders";
import type { Palette } from "./vehicle_shapes";

/** The layer's name on the map: what others draw goes below it. */
export const VEHICLE_LAYER = "fleet-vehicles";

const COLUMNS = ROW_FLOATS / 4;
const FLOAT_BYTES = 4;
const ROW_BYTES = ROW_FLOATS * FLOAT_BYTES;
/** Half the width of what is drawn for one vehicle: the selected one's halo, or the largest mark with its outline. */
const REACH_PX = 14;
const HALO_REACH_PX = 22;

/** The shader's passes. */
const [STANDING, MOVING, SELECTED] = [0, 1, 2];
const CORNERS = 4;
const NO_ROW = -1;

/** Nothing on the road moves across the map faster than that for long. */
const FAST_MPS = 30;
const SMALLEST_STEP_PX = 0.5;
const SHORTEST_FRAME_MS = 33;
const LONGEST_FRAME_MS = 250;

/** The time by the clock that motion goes by, ms since 1970: unlike `Date.now()` it never jumps. */
export function clockMs(): number {
  return performance.timeOrigin + performance.now();
}

/** Return how long a frame may stand: until a fast vehicle has moved far enough to be seen, 33 ms at least. */
export function frameMs(metresPerPixel: number): number {
  const stepMs = (SMALLEST_STEP_PX * metresPerPixel * 1_000) / FAST_MPS;
  return Math.min(Math.max(stepMs, SHORTEST_FRAME_MS), LONGEST_FRAME_MS);
}

/** Return how large marks are drawn: smaller where streets are close together. */
export function markScale(zoom: number): number {
  return Math.min(Math.max(0.6 + (zoom - 9) * 0.08, 0.6), 1);
}

export class VehicleLayer implements CustomLayerInterface {
  readonly id = VEHICLE_LAYER;
  readonly type = "custom";
  readonly renderingMode = "2d";
  selectedId: string | null = null;
  readonly #fleet: MovingFleet;
  #palette: Palette;
  #map: MapLibreMap | null = null;
  #drawing: Drawing | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(fleet: MovingFleet, palette: Palette) {
    this.#fleet = fleet;
    this.#palette = palette;
  }

  /** Use the colours of another theme. */
  set palette(palette: Palette) {
    this.#palette = palette;
    this.redraw();
  }

  /** Called again with a new context when the one before was lost: nothing of that is kept. */
  onAdd(map: MapLibreMap, gl: WebGL2RenderingContext): void {
    this.#map = map;
    this.#drawing?.free();
    this.#drawing = new Drawing(gl);
  }

  onRemove(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#drawing?.free();
    this.#drawing = null;
    this.#map = null;
  }

  /** Draw a frame soon: when the one that is shown has stood long enough. */
  redraw(): void {
    const map = this.#map;
    if (map === null || this.#timer !== null || document.hidden) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = null;
        map.triggerRepaint();
      },
      frameMs(metresPerPixel(map)),
    );
  }

  render(_gl: WebGL2RenderingContext, { defaultProjectionData }: CustomRenderMethodInput): void {
    const [map, drawing] = [this.#map, this.#drawing];
    if (map === null || drawing === null) return;
    const nowMs = clockMs();
    frameMeter.frame(() => {
      const baseMs = this.#fleet.baseFor(nowMs);
      const selectedRow = this.selectedId === null ? null : this.#fleet.rowOf(this.selectedId);
      drawing.upload(this.#fleet);
      drawing.draw(this.#fleet.placed.length, selectedRow, this.#palette, {
        ...cameraOf(map, defaultProjectionData.mainMatrix),
        clockS: (nowMs - baseMs) / 1_000,
        isAnimated: this.#fleet.isAnimated,
      });
    });
    if (this.#fleet.isAnimated && nowMs < this.#fleet.movesUntilMs) this.redraw();
  }
}

/** How a frame is looked at. */
interface Scene {
  readonly matrix: Float32Array;
  readonly centre: readonly [number, number];
  readonly pixel: readonly [number, number];
  readonly devicePixel: number;
  readonly turn: number;
  readonly scale: number;
  readonly clockS: number;
  readonly isAnimated: boolean;
}

function cameraOf(map: MapLibreMap, matrix: ArrayLike<number>): Omit<Scene, "clockS" | "isAnimated"> {
  const { lng, lat } = map.getCenter();
  const centre = [mercatorX(lng), mercatorY(lat)] as const;
  const { clientWidth, clientHeight } = map.getCanvas();
  return {
    matrix: around(matrix, centre),
    centre,
    pixel: [2 / clientWidth, 2 / clientHeight],
    devicePixel: 1 / map.getPixelRatio(),
    turn: (map.getBearing() * Math.PI) / 180,
    scale: markScale(map.getZoom()),
  };
}

/**
 * Return a matrix that takes places relative to a centre, as floats. The move to the centre is done in doubles: in
 * floats what is small here is the difference of large numbers, and vehicles would tremble by metres.
 */
export function around(matrix: ArrayLike<number>, [x, y]: readonly [number, number]): Float32Array {
  const moved = Float32Array.from(matrix);
  for (let row = 0; row < 4; row += 1) {
    moved[12 + row] = (matrix[row] ?? 0) * x + (matrix[4 + row] ?? 0) * y + (matrix[12 + row] ?? 0);
  }
  return moved;
}

function metresPerPixel(map: MapLibreMap): number {
  const worldPixels = 512 * 2 ** map.getZoom();
  return (40_075_017 * Math.cos((map.getCenter().lat * Math.PI) / 180)) / worldPixels;
}

/** What is kept on the graphics card. */
class Drawing {
  readonly #gl: WebGL2RenderingContext;
  readonly #program: WebGLProgram;
  readonly #buffer: WebGLBuffer;
  readonly #all: WebGLVertexArrayObject;
  readonly #one: WebGLVertexArrayObject;
  readonly #places = new Map<string, WebGLUniformLocation | null>();
  #uploaded: Float32Array | null = null;

  constructor(gl: WebGL2RenderingContext) {
    this.#gl = gl;
    this.#program = programOf(gl);
    this.#buffer = gl.createBuffer();
    this.#all = gl.createVertexArray();
    this.#one = gl.createVertexArray();
    this.#readRowsFrom(this.#all, 0);
  }

  /** Pass on the rows that have changed. */
  upload(fleet: MovingFleet): void {
    const gl = this.#gl;
    const { rows } = fleet;
    const dirty = fleet.takeDirty();
    gl.bindBuffer(gl.ARRAY_BUFFER, this.#buffer);
    if (rows !== this.#uploaded) {
      gl.bufferData(gl.ARRAY_BUFFER, rows, gl.DYNAMIC_DRAW);
      this.#uploaded = rows;
      return;
    }
    for (const { from, to } of dirty) {
      gl.bufferSubData(gl.ARRAY_BUFFER, from * ROW_BYTES, rows, from * ROW_FLOATS, (to - from) * ROW_FLOATS);
    }
  }

  /** Draw `count` vehicles: what moves above what stands, and the selected one above all. */
  draw(count: number, selectedRow: number | null, palette: Palette, scene: Scene): void {
    const gl = this.#gl;
    gl.useProgram(this.#program);
    this.#look(palette, scene);
    gl.uniform1i(this.#place("u_selected"), selectedRow ?? NO_ROW);
    gl.uniform1f(this.#place("u_reach"), REACH_PX);
    gl.bindVertexArray(this.#all);
    for (const pass of [STANDING, MOVING]) {
      gl.uniform1i(this.#place("u_pass"), pass);
      gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, CORNERS, count);
    }
    if (selectedRow !== null) {
      gl.uniform1i(this.#place("u_pass"), SELECTED);
      gl.uniform1f(this.#place("u_reach"), HALO_REACH_PX);
      this.#readRowsFrom(this.#one, selectedRow);
      gl.bindVertexArray(this.#one);
      gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, CORNERS, 1);
    }
    gl.bindVertexArray(null);
  }

  free(): void {
    const gl = this.#gl;
    gl.deleteProgram(this.#program);
    gl.deleteBuffer(this.#buffer);
    gl.deleteVertexArray(this.#all);
    gl.deleteVertexArray(this.#one);
  }

  #look(palette: Palette, scene: Scene): void {
    const gl = this.#gl;
    const [x, y] = scene.centre;
    gl.uniformMatrix4fv(this.#place("u_matrix"), false, scene.matrix);
    gl.uniform4f(this.#place("u_centre"), x, y, x - Math.fround(x), y - Math.fround(y));
    gl.uniform2f(this.#place("u_pixel"), ...scene.pixel);
    gl.uniform1f(this.#place("u_clock"), scene.clockS);
    gl.uniform1f(this.#place("u_fade_time"), FADE_MS / 1_000);
    gl.uniform1f(this.#place("u_is_animated"), scene.isAnimated ? 1 : 0);
    gl.uniform1f(this.#place("u_turn"), scene.turn);
    gl.uniform1f(this.#place("u_scale"), scene.scale);
    gl.uniform1f(this.#place("u_blur"), scene.devicePixel);
    gl.uniform3fv(this.#place("u_states"), palette.states);
    gl.uniform3fv(this.#place("u_outline"), palette.outline);
    gl.uniform3fv(this.#place("u_halo"), palette.halo);
  }

  #place(name: string): WebGLUniformLocation | null {
    const known = this.#places.get(name);
    if (known !== undefined) return known;
    const place = this.#gl.getUniformLocation(this.#program, name);
    this.#places.set(name, place);
    return place;
  }

  #readRowsFrom(array: WebGLVertexArrayObject, row: number): void {
    const gl = this.#gl;
    gl.bindVertexArray(array);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.#buffer);
    for (let column = 0; column < COLUMNS; column += 1) {
      gl.enableVertexAttribArray(column);
      gl.vertexAttribPointer(column, 4, gl.FLOAT, false, ROW_BYTES, row * ROW_BYTES + column * 4 * FLOAT_BYTES);
      gl.vertexAttribDivisor(column, 1);
    }
    gl.bindVertexArray(null);
  }
}

function programOf(gl: WebGL2RenderingContext): WebGLProgram {
  const program = gl.createProgram();
  for (const [type, source] of [
    [gl.VERTEX_SHADER, VERTEX_SHADER],
    [gl.FRAGMENT_SHADER, FRAGMENT_SHADER],
  ] as const) {
    const shader = gl.createShader(type);
    if (shader === null) break;
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
    gl.deleteShader(shader);
  }
  gl.linkProgram(program);
  // A lost context compiles nothing and is no error: the layer is added again when there is another.
  if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) {
    throw new Error(`the shaders of the vehicles do not compile: ${gl.getProgramInfoLog(program) ?? ""}`);
  }
  return program;
}
