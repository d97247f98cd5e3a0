import { expect, test } from "vitest";
import { fieldOf } from "../../src/geofences/problem_field";

const UNUSABLE = "the body cannot be used, nothing was sent: Expected `float` > 0.0 - at";
const NO_GOOD = "the geofence cannot be used, nothing was sent:";

test.each([
  [`${UNUSABLE} \`$.name\``, "name"],
  [`${UNUSABLE} \`$.tags[3]\``, "tags"],
  [`${UNUSABLE} \`$.speed_limit_mps\``, "speedLimit"],
  [`${UNUSABLE} \`$.dwell_limit_s\``, "dwellLimit"],
  [`${UNUSABLE} \`$.stop_after_s\``, "stopAfter"],
  [`${UNUSABLE} \`$.schedule[0].start\``, "schedule"],
  [`${UNUSABLE} \`$.shape.coordinates[0][1]\``, "corners"],
  [`${NO_GOOD} name ' Yard' begins or ends with white space; leave it out`, "name"],
  [`${NO_GOOD} tags depot, depot: a tag stands there twice`, "tags"],
  [`${NO_GOOD} the outline crosses or touches itself near [13.401200, 52.500300]: move its points`, "corners"],
  [`${NO_GOOD} hole 1 lies outside of the outline: draw it inside, or as a geofence of its own`, "corners"],
  ["this key is of tenant 'north', it makes none of 'south'", "tenant"],
  ["Kafka is away", null],
])("of a polygon, %j is said of %s", (detail, field) => {
  expect(fieldOf(detail, "polygon")).toBe(field);
});

test.each([
  [`${UNUSABLE} \`$.shape.radius_m\``, "radius"],
  [`${UNUSABLE} \`$.shape.lat\``, "lat"],
  [`${UNUSABLE} \`$.shape.lon\``, "lon"],
  [`${NO_GOOD} lat 86 is too near to a pole; a geofence lies within 85 degrees north and south`, "lat"],
  [`${UNUSABLE} \`$.shape\``, "lat"],
])("of a circle, %j is said of %s", (detail, field) => {
  expect(fieldOf(detail, "circle")).toBe(field);
});
