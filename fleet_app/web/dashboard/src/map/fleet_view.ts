/** The fleet on a map: its layers, what the pointer means, and where the camera goes. */

import { effect, type Signal, signal } from "@preact/signals";
import type { Map as MapLibreMap, MapMouseEvent, PointLike } from "maplibre-gl";
import { query } from "../app/route";
import { fleet, selectedId } from "../app/state";
import { onStyle } from "../base_map/map_setup";
import type { Changes } from "../feed/fleet";
import { visibleVehicles } from "../vehicles/filter";
import { isFollowing } from "../vehicles/view";
import { atOf, boxAround, type Following, keepInAddress, keepInView, lookAt, VEHICLE_ZOOM } from "./camera";
import { ClusterLayer } from "./cluster_layer";
import { areMany, type Box, type Clustering, canCluster, clustersOf, countIn, NO_CLUSTERS } from "./clusters";
import { frameMeter } from "./frame_meter";
import { latOf, lonOf, mercatorX, mercatorY } from "./motion";
import { fixOf, MovingFleet, type Placed } from "./moving_fleet";
import { nearest, picksVehicles, reachAt } from "./picking";
import { TrailLayer } from "./trail_layer";
import { clockMs, VehicleLayer } from "./vehicle_layer";
import { shownPalette } from "./vehicle_shapes";

/** The camera follows and the trail grows, but not with every frame. */
const TICK_MS = 1_000;
/** Clusters of ten thousand vehicles take as long as a frame to work out, and from afar nothing changes quickly. */
const GROUP_MS = 2_000;
/** A snapshot may come in several frames; the first look waits for the rest. */
const SNAPSHOT_MS = 300;
/** Vehicles that stand on one another are not told apart by any zoom. */
const CLOSEST_CLUSTER_ZOOM = 16;

export class FleetView {
  /** The vehicle that the pointer is over. */
  readonly hoveredId: Signal<string | null> = signal(null);
  readonly #map: MapLibreMap;
  readonly #fleet = new MovingFleet(clockMs());
  readonly #layer: VehicleLayer;
  readonly #clusters: ClusterLayer;
  readonly #trail: TrailLayer;
  readonly #following: Following;
  readonly #ends: (() => void)[] = [];
  readonly #lessMotion = matchMedia("(prefers-reduced-motion: reduce)");
  #shown: { readonly visible: ReadonlySet<string> | null; readonly members: ReadonlySet<string> } = {
    visible: null,
    members: NO_CLUSTERS.members,
  };
  #hovering: number | null = null;

  constructor(map: MapLibreMap) {
    this.#map = map;
    this.#layer = new VehicleLayer(this.#fleet, shownPalette());
    this.#clusters = new ClusterLayer(map);
    this.#trail = new TrailLayer(map);
    this.#ends.push(onStyle(map, () => this.#addLayers()));
    this.#takeOver({ isReset: true, gone: [], changed: [...fleet.vehicles.values()] });
    this.#ends.push(fleet.listen((changes) => this.#takeOver(changes)));
    this.#following = keepInView(map, (id) => this.#lngLatOf(id));
    this.#ends.push(this.#following.end, this.#lookFirst(), keepInAddress(map));
    this.#followSignals();
    this.#followPointer();
    this.#followTime();
  }

  /** Return where a vehicle is drawn now, CSS pixels on the map; null if it is not drawn. */
  pointOf(vehicleId: string): { readonly x: number; readonly y: number } | null {
    const placed = this.#fleet.get(vehicleId);
    if (placed === null || !placed.isShown) return null;
    return this.#map.project(this.#lngLat(placed));
  }

  /** Take everything off the map again. */
  end(): void {
    for (const end of this.#ends) end();
    if (this.#hovering !== null) cancelAnimationFrame(this.#hovering);
    this.#trail.end();
    this.#clusters.remove();
    if (this.#map.getLayer(this.#layer.id) !== undefined) this.#map.removeLayer(this.#layer.id);
  }

  #addLayers(): void {
    // Another style is most often another theme.
    this.#layer.palette = shownPalette();
    this.#clusters.recolour();
    if (this.#map.getLayer(this.#layer.id) === undefined) this.#map.addLayer(this.#layer);
    this.#trail.add();
    this.#drawTrail();
  }

  #takeOver(changes: Changes): void {
    frameMeter.update(() => this.#fleet.apply(changes, clockMs()));
    const selected = selectedId.peek();
    for (const vehicle of changes.changed) {
      if (vehicle.names.vehicleId === selected) this.#trail.grow(selected, fixOf(vehicle));
    }
    this.#layer.redraw();
  }

  #followSignals(): void {
    this.#ends.push(
      effect(() => {
        const id = selectedId.value;
        this.#layer.selectedId = id;
        this.#group();
        this.#drawTrail();
      }),
      effect(() => {
        visibleVehicles.value;
        this.#group();
      }),
    );
    const setMotion = () => {
      this.#fleet.isAnimated = !this.#lessMotion.matches;
      this.#layer.redraw();
    };
    setMotion();
    this.#lessMotion.addEventListener("change", setMotion);
    this.#ends.push(() => this.#lessMotion.removeEventListener("change", setMotion));
  }

  #followTime(): void {
    const timer = setInterval(() => {
      if (document.hidden) return;
      this.#following.follow();
      this.#drawTrail();
    }, TICK_MS);
    const group = () => this.#group();
    const grouping = setInterval(() => {
      if (!document.hidden) group();
    }, GROUP_MS);
    const wake = () => this.#layer.redraw();
    this.#map.on("zoomend", group);
    document.addEventListener("visibilitychange", wake);
    this.#ends.push(() => {
      clearInterval(timer);
      clearInterval(grouping);
      this.#map.off("zoomend", group);
      document.removeEventListener("visibilitychange", wake);
    });
  }

  /** Work out anew what is drawn as itself and what in clusters. */
  #group(): void {
    frameMeter.update(() => {
      const visible = visibleVehicles.peek();
      const { clusters, members } = this.#clustering(visible);
      this.#clusters.clusters = clusters;
      const isSame = visible === this.#shown.visible && members === this.#shown.members;
      this.#shown = { visible, members };
      if (!isSame) this.#fleet.show((id) => (visible === null || visible.has(id)) && !members.has(id));
    });
    this.#layer.redraw();
  }

  #clustering(visible: ReadonlySet<string> | null): Clustering {
    const zoom = this.#map.getZoom();
    if (!canCluster(zoom)) return NO_CLUSTERS;
    const vehicles = this.#fleet.placed.map(({ vehicle }) => vehicle);
    const shown = visible === null ? vehicles : vehicles.filter(({ names }) => visible.has(names.vehicleId));
    if (!areMany(countIn(shown, boxOf(this.#map)))) return NO_CLUSTERS;
    const selected = selectedId.peek();
    // The selected one is always drawn itself.
    const others = shown.filter(({ names }) => names.vehicleId !== selected);
    return clustersOf(others, zoom);
  }

  #followPointer(): void {
    const map = this.#map;
    const onClick = (event: MapMouseEvent) => {
      if (!picksVehicles.peek() || event.defaultPrevented) return;
      const cluster = this.#clusters.at(event.point);
      if (cluster !== null) {
        event.preventDefault();
        lookAt(map, cluster.box, CLOSEST_CLUSTER_ZOOM);
        return;
      }
      const found = this.#at(event.point);
      if (found === null) return;
      // A geofence that it is in is not meant as well.
      event.preventDefault();
      selectedId.value = found.vehicle.names.vehicleId;
    };
    const onMove = ({ point }: MapMouseEvent) => {
      if (this.#hovering !== null) return;
      this.#hovering = requestAnimationFrame(() => {
        this.#hovering = null;
        this.#hover(point);
      });
    };
    const onOut = () => {
      this.hoveredId.value = null;
    };
    map.on("click", onClick);
    map.on("mousemove", onMove);
    map.on("mouseout", onOut);
    this.#ends.push(() => {
      map.off("click", onClick);
      map.off("mousemove", onMove);
      map.off("mouseout", onOut);
    });
  }

  #hover(point: { readonly x: number; readonly y: number }): void {
    if (!picksVehicles.peek()) {
      this.hoveredId.value = null;
      return;
    }
    const cluster = this.#clusters.at(point);
    const found = cluster === null ? this.#at(point) : null;
    this.hoveredId.value = found?.vehicle.names.vehicleId ?? null;
    this.#map.getCanvas().style.cursor = cluster === null && found === null ? "" : "pointer";
  }

  #at(point: { readonly x: number; readonly y: number }): Placed | null {
    const { lng, lat } = this.#map.unproject([point.x, point.y] satisfies PointLike);
    const at = { x: mercatorX(lng), y: mercatorY(lat) };
    const nowMs = clockMs();
    return nearest(this.#fleet.placed, (placed) => this.#fleet.drawn(placed, nowMs), at, reachAt(this.#map.getZoom()));
  }

  #lngLat(placed: Placed): [number, number] {
    const { x, y } = this.#fleet.drawn(placed, clockMs());
    return [lonOf(x), latOf(y)];
  }

  #lngLatOf(vehicleId: string): [number, number] | null {
    const placed = this.#fleet.get(vehicleId);
    return placed === null ? null : this.#lngLat(placed);
  }

  #drawTrail(): void {
    const id = selectedId.peek();
    const placed = id === null ? null : this.#fleet.get(id);
    // One that is named by the address may not have been told yet.
    void this.#trail.show(placed === null ? null : id, placed?.motion.known ?? []);
    if (placed === null) return;
    const { vehicle, motion } = placed;
    const reachedMs = this.#fleet.isAnimated ? clockMs() - motion.delayMs : vehicle.timeMs;
    const [lon, lat] = this.#lngLat(placed);
    // Beyond the newest fix it is drawn where it may be; the trail is where it was.
    const end = reachedMs < vehicle.timeMs ? { timeMs: reachedMs, lat, lon } : null;
    this.#trail.draw({ untilMs: reachedMs, end });
  }

  /** Look at the fleet, or at the vehicle that is followed, unless the address says where to look. */
  #lookFirst(): () => void {
    if (atOf(query.peek().get("at")) !== null) return () => {};
    let timer: ReturnType<typeof setTimeout> | null = null;
    const look = () => {
      if (timer !== null || fleet.vehicles.size === 0) return;
      timer = setTimeout(() => {
        endListening();
        this.#lookAtFleet();
      }, SNAPSHOT_MS);
    };
    const endListening = fleet.listen(look);
    look();
    return () => {
      endListening();
      if (timer !== null) clearTimeout(timer);
    };
  }

  #lookAtFleet(): void {
    const id = selectedId.peek();
    const followed = id !== null && isFollowing.peek() ? this.#lngLatOf(id) : null;
    if (followed !== null) {
      this.#map.jumpTo({ center: followed, zoom: VEHICLE_ZOOM });
      return;
    }
    const box = boxAround(fleet.vehicles.values());
    if (box !== null) lookAt(this.#map, box);
  }
}

function boxOf(map: MapLibreMap): Box {
  const bounds = map.getBounds();
  return { west: bounds.getWest(), south: bounds.getSouth(), east: bounds.getEast(), north: bounds.getNorth() };
}
