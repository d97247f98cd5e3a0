/**
 * The program that draws vehicles: four corners for each, moved along its course by the clock, and shapes as distances
 * to their edge, which are sharp at every size.
 *
 * One vehicle is one row of `ROW_FLOATS` numbers; `moving_fleet.ts` writes it. Places are pairs of floats, because one has
 * steps of metres on a map of the world; what is near the vehicle is told relative to it.
 */

/** Added to the number of a mark that is drawn as a dot whatever its state is. */
export const DOT_MARK = 16;

export const VERTEX_SHADER = `#version 300 es
precision highp float;
precision highp int;

layout(location = 0) in vec4 a_newest;    // x, y of the newest fix; what a float leaves of them
layout(location = 1) in vec4 a_earlier;   // the two fixes before it, relative to it
layout(location = 2) in vec4 a_ahead;     // where extrapolation ends, relative to it; heading at the first two fixes
layout(location = 3) in vec4 a_times;     // when it is at each of them, s
layout(location = 4) in vec4 a_look;      // heading at the newest fix; mark; when it fades, s; unused

uniform mat4 u_matrix;          // from web mercator around u_centre to clip space
uniform vec4 u_centre;          // as a_newest
uniform vec2 u_pixel;           // one CSS pixel in clip space
uniform float u_clock;          // s
uniform float u_fade_time;      // s
uniform float u_is_animated;    // 0: everything is at its newest fix
uniform float u_turn;           // how far the map is turned, radians
uniform float u_scale;
uniform float u_reach;          // half the width of what is drawn for a vehicle, CSS pixels
uniform int u_selected;         // the row that is drawn apart from the others, or -1
uniform int u_pass;             // 0: what stands. 1: what moves, above it. 2: the selected one, above all

out vec2 v_place;               // CSS pixels from the middle of the vehicle, y up
out vec2 v_turned;              // the same, with the vehicle heading up
flat out int v_mark;
flat out float v_fade;

float share(float from, float to) {
  return clamp((u_clock - from) / max(to - from, 0.001), 0.0, 1.0);
}

float turned(float from, float to, float part) {
  float difference = mod(to - from + 540.0, 360.0) - 180.0;
  return from + difference * part;
}

void main() {
  int mark = int(a_look.y);
  bool is_moving = mark % ${DOT_MARK} == 0;
  bool is_due = u_pass == 2 || (gl_InstanceID != u_selected && is_moving == (u_pass == 1));
  if (mark < 0 || !is_due) {
    gl_Position = vec4(2.0, 2.0, 0.0, 1.0);
    return;
  }
  float first = share(a_times.x, a_times.y);
  float second = share(a_times.y, a_times.z);
  float third = share(a_times.z, a_times.w);
  vec2 moved = mix(mix(a_earlier.xy, a_earlier.zw, first), vec2(0.0), second) + a_ahead.xy * third;
  float heading = turned(turned(a_ahead.z, a_ahead.w, first), a_look.x, second);
  if (u_is_animated < 0.5) {
    moved = vec2(0.0);
    heading = a_look.x;
  }
  vec2 place = (a_newest.xy - u_centre.xy) + (a_newest.zw - u_centre.zw) + moved;
  place.x -= floor(place.x + 0.5);  // in the copy of the world that is nearest

  vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1) * 2.0 - 1.0;
  v_place = corner * u_reach;
  float angle = radians(heading) - u_turn;
  v_turned = mat2(cos(angle), sin(angle), -sin(angle), cos(angle)) * v_place / u_scale;
  v_mark = mark;
  v_fade = clamp((u_clock - a_look.z) / u_fade_time, 0.0, 1.0);
  gl_Position = u_matrix * vec4(place, 0.0, 1.0);
  gl_Position.xy += v_place * u_pixel * gl_Position.w;
}
`;

/** The marks are numbered as `SHOWN_STATES` is ordered. */
export const FRAGMENT_SHADER = `#version 300 es
precision highp float;
precision highp int;

const int MOVING = 0, IDLE = 1, IDLE_PROBABLE = 2, HALT = 3, STOP = 4, OFFLINE = 5;
const float OUTLINE = 1.75;
const float EDGE = 1.5;

in vec2 v_place;
in vec2 v_turned;
flat in int v_mark;
flat in float v_fade;

uniform vec3 u_states[7];
uniform vec3 u_outline;
uniform vec3 u_halo;
uniform int u_pass;
uniform float u_scale;
uniform float u_blur;           // one device pixel, CSS pixels

out vec4 colour;

float arrow(vec2 p) {
  p.x = abs(p.x);
  float side = dot(p - vec2(0.0, 10.5), normalize(vec2(18.5, 7.5)));
  float notch = dot(p - vec2(0.0, -4.5), normalize(vec2(-3.5, -7.5)));
  return max(side, notch);
}

float box(vec2 p, vec2 size) {
  vec2 q = abs(p) - size;
  return length(max(q, 0.0)) + min(max(q.x, q.y), 0.0);
}

float ring(vec2 p) {
  return abs(length(p) - 5.75) - 1.75;
}

float broken_ring(vec2 p) {
  float part = fract(atan(p.y, p.x) / radians(60.0)) - 0.5;
  float gap = (0.3 - abs(part)) * radians(60.0) * length(p);
  return max(ring(p), -gap);
}

float cross_mark(vec2 p) {
  vec2 q = abs(mat2(0.7071, 0.7071, -0.7071, 0.7071) * p);
  return min(box(q, vec2(8.0, 1.75)), box(q, vec2(1.75, 8.0)));
}

float distance_to(int mark, vec2 upright, vec2 turned) {
  if (mark == MOVING) return arrow(turned);
  if (mark == STOP) return box(upright, vec2(6.0)) - 0.5;
  if (mark == HALT) return abs(box(upright, vec2(5.0))) - 1.5;
  if (mark == IDLE) return ring(upright);
  if (mark == IDLE_PROBABLE) return broken_ring(upright);
  if (mark == OFFLINE) return cross_mark(upright);
  return length(upright) - 4.5;
}

vec4 over(vec4 below, vec3 paint, float alpha) {
  return vec4(paint * alpha, alpha) + below * (1.0 - alpha);
}

void main() {
  int state = v_mark % ${DOT_MARK};
  float d = distance_to(v_mark, v_place / u_scale, v_turned) * u_scale;
  float inside = smoothstep(u_blur, -u_blur, d);
  float outlined = smoothstep(u_blur, -u_blur, d - OUTLINE);
  // A faded mark keeps its edge: its shape stays as easy to see as before.
  float edge = smoothstep(-u_blur, u_blur, d + EDGE);
  vec3 paint = mix(u_states[state], u_outline, v_fade * 0.85 * (1.0 - edge));

  colour = vec4(0.0);
  if (u_pass == 2) {
    float away = length(v_place);
    colour = over(colour, u_halo, 0.18 * smoothstep(17.0 + u_blur, 17.0 - u_blur, away));
    colour = over(colour, u_outline, smoothstep(2.5 + u_blur, 2.5 - u_blur, abs(away - 17.0)));
    colour = over(colour, u_halo, smoothstep(1.25 + u_blur, 1.25 - u_blur, abs(away - 17.0)));
  }
  colour = over(colour, u_outline, outlined);
  colour = over(colour, paint, inside);
  if (colour.a < 0.004) discard;
}
`;
