/** Where a geofence is, in fields: everything that can be drawn can be typed. */

import { mapOf } from "../live/the_map";
import { strings } from "../strings";
import { units } from "../units/preferences";
import {
  type CirclePlace,
  type Corner,
  EMPTY_CIRCLE,
  EMPTY_POLYGON,
  type Field,
  isDrawable,
  type Place,
  type PolygonPlace,
  withCorner,
  withCornerAt,
  withoutCorner,
} from "./draft";
import { putPlace } from "./editing";
import { NumberField } from "./number_field";

const DEGREE_DIGITS = 6;
const FEET_PER_METRE = 1 / 0.3048;
/** More stand in no form that anybody would work with: they are dragged on the map. */
const MOST_LISTED = 100;

type Faults = ReadonlyMap<Field, string>;

export function PlaceFields({ place, faults }: { readonly place: Place; readonly faults: Faults }) {
  return (
    <fieldset class="geofence-form__part">
      <legend>{strings.geofences.place}</legend>
      <p class="quiet">{hintOf(place)}</p>
      {place.kind === "circle" ? (
        <CircleFields place={place} faults={faults} />
      ) : (
        <PolygonFields place={place} faults={faults} />
      )}
      {isDrawable(place) && (
        <button type="button" class="button" onClick={() => putPlace(drawnAnew(place))}>
          {strings.geofences.drawAgain}
        </button>
      )}
    </fieldset>
  );
}

function CircleFields({ place, faults }: { readonly place: CirclePlace; readonly faults: Faults }) {
  const isMetric = units.value === "metric";
  return (
    <>
      <div class="geofence-form__pair">
        <NumberField
          label={strings.geofences.lat}
          value={place.lat}
          digits={DEGREE_DIGITS}
          fault={faults.get("lat")}
          onChange={(lat) => putPlace({ ...place, lat: lat ?? Number.NaN })}
        />
        <NumberField
          label={strings.geofences.lon}
          value={place.lon}
          digits={DEGREE_DIGITS}
          fault={faults.get("lon")}
          onChange={(lon) => putPlace({ ...place, lon: lon ?? Number.NaN })}
        />
      </div>
      <CentreButton label={strings.geofences.useCentre} onCentre={(centre) => putPlace({ ...place, ...centre })} />
      <NumberField
        label={strings.geofences.radius(isMetric ? "m" : "ft")}
        value={place.radiusM}
        scale={isMetric ? 1 : FEET_PER_METRE}
        digits={1}
        fault={faults.get("radius")}
        onChange={(radiusM) => putPlace({ ...place, radiusM: radiusM ?? Number.NaN })}
      />
    </>
  );
}

function PolygonFields({ place, faults }: { readonly place: PolygonPlace; readonly faults: Faults }) {
  const fault = faults.get("corners");
  return (
    <>
      {place.corners.length === 0 ? <p>{strings.geofences.noCorners}</p> : <Corners place={place} />}
      {fault !== undefined && <p class="geofence-form__fault">{fault}</p>}
      <CentreButton label={strings.geofences.addCentre} onCentre={(centre) => putPlace(withCorner(place, centre))} />
      {place.holes.length > 0 && <p class="quiet">{strings.geofences.keptHoles(place.holes.length)}</p>}
    </>
  );
}

function Corners({ place }: { readonly place: PolygonPlace }) {
  if (place.corners.length > MOST_LISTED) return <p>{strings.geofences.manyCorners(place.corners.length)}</p>;
  return (
    <>
      <div class="geofence-form__corner geofence-form__corner--head" aria-hidden="true">
        <span>{strings.geofences.lat}</span>
        <span>{strings.geofences.lon}</span>
      </div>
      <ol class="geofence-form__corners" aria-label={strings.geofences.corners}>
        {place.corners.map((corner, index) => (
          <li key={index}>
            <CornerFields place={place} corner={corner} index={index} />
          </li>
        ))}
      </ol>
    </>
  );
}

interface CornerProps {
  readonly place: PolygonPlace;
  readonly corner: Corner;
  readonly index: number;
}

function CornerFields({ place, corner, index }: CornerProps) {
  const put = (moved: Partial<Corner>) => putPlace(withCornerAt(place, index, { ...corner, ...moved }));
  return (
    <div class="geofence-form__corner">
      <NumberField
        label={strings.geofences.cornerLat(index + 1)}
        isLabelHidden
        value={corner.lat}
        digits={DEGREE_DIGITS}
        onChange={(lat) => put({ lat: lat ?? Number.NaN })}
      />
      <NumberField
        label={strings.geofences.cornerLon(index + 1)}
        isLabelHidden
        value={corner.lon}
        digits={DEGREE_DIGITS}
        onChange={(lon) => put({ lon: lon ?? Number.NaN })}
      />
      <CentreButton
        label={strings.geofences.moveHere}
        name={strings.geofences.moveCornerHere(index + 1)}
        onCentre={put}
      />
      <button
        type="button"
        class="button"
        aria-label={strings.geofences.removeCorner(index + 1)}
        onClick={() => putPlace(withoutCorner(place, index))}
      >
        {strings.geofences.remove}
      </button>
    </div>
  );
}

interface CentreProps {
  readonly label: string;
  /** What is read out, where the label says too little by itself; it begins with the label's word or holds it. */
  readonly name?: string;
  readonly onCentre: (centre: Corner) => void;
}

/** Does something with the place in the middle of the map. */
function CentreButton({ label, name, onCentre }: CentreProps) {
  const map = mapOf.value;
  const click = () => {
    const centre = map?.getCenter().wrap();
    if (centre !== undefined) onCentre({ lat: rounded(centre.lat), lon: rounded(centre.lng) });
  };
  return (
    <button type="button" class="button" aria-label={name} disabled={map === null} onClick={click}>
      {label}
    </button>
  );
}

function drawnAnew(place: Place): Place {
  return place.kind === "circle"
    ? { ...EMPTY_CIRCLE, radiusM: place.radiusM }
    : { ...EMPTY_POLYGON, holes: place.holes };
}

function hintOf(place: Place): string {
  const { drawCircle, drawPolygon, adjustCircle, adjustPolygon } = strings.geofences;
  if (place.kind === "circle") return isDrawable(place) ? adjustCircle : drawCircle;
  return isDrawable(place) ? adjustPolygon : drawPolygon;
}

function rounded(degrees: number): number {
  return Number(degrees.toFixed(DEGREE_DIGITS));
}
