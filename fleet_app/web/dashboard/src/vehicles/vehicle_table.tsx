/** The table twin of the map: every vehicle that the map shows, and every fact of it, by keyboard as well. */

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { pathOf } from "../app/route";
import { fleet, nowMs, selectedId } from "../app/state";
import type { Vehicle } from "../feed/fleet";
import { strings } from "../strings";
import { COLUMNS } from "./columns";
import { filter, visibleVehicles } from "./filter";
import { followed } from "./fleet_pace";
import { type Place, placeAfter } from "./grid_keys";
import { nameOf, sortedBy } from "./order";
import { RowOrder } from "./row_order";
import { ROW_HEIGHT_PX, rowsDrawn, rowsSeen, type Scrolled, scrolledTo, stretches } from "./row_window";
import { show, sort } from "./view";
import "./vehicle_table.css";

/** The cells of a row and the link to the vehicle's page. */
const WIDTH = COLUMNS.length + 1;
const FIRST_HEIGHT_PX = 800;

/** Where the keyboard is: on a vehicle, wherever its row goes, or on the headings. */
interface Focus {
  readonly vehicleId: string | null;
  readonly row: number;
  readonly column: number;
}

export function VehicleTable() {
  const [rows] = useState(() => new RowOrder());
  const [scrolled, setScrolled] = useState<Scrolled>({ topPx: 0, heightPx: FIRST_HEIGHT_PX });
  const [focus, setFocus] = useState<Focus>({ vehicleId: null, row: 0, column: 0 });
  const scroller = useRef<HTMLDivElement>(null);
  const isMoving = useRef(false);

  followed.value;
  const timeMs = performance.now();
  const asked = { vehicles: fleet.vehicles, visible: visibleVehicles.value, filter: filter.value, sort: sort.value };
  const order = rows.at(timeMs, asked);
  const place = placeOf(focus, order);
  // Rows that change places are taken out of the page and put in again, and the focus would be lost with them.
  const hadFocus = scroller.current?.contains(document.activeElement) ?? false;

  useLayoutEffect(() => followHeight(scroller.current, setScrolled), []);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null || !(isMoving.current || (hadFocus && !element.contains(document.activeElement)))) return;
    isMoving.current = false;
    element.querySelector<HTMLElement>('[tabindex="0"]')?.focus({ preventScroll: true });
  });

  // What is selected on the map or by a search is seen in the table, too.
  const selectedRow = selectedId.value === null ? -1 : order.indexOf(selectedId.value);
  useLayoutEffect(() => {
    if (selectedRow >= 0) scroller.current?.scrollTo({ top: scrolledTo(selectedRow, scrolled) });
  }, [selectedId.value, selectedRow >= 0]);

  const moveTo = (next: Place) => {
    isMoving.current = true;
    setFocus({ vehicleId: order[next.row] ?? null, ...next });
    if (next.row >= 0) scroller.current?.scrollTo({ top: scrolledTo(next.row, scrolled) });
  };
  const press = (event: KeyboardEvent) => {
    rows.use(performance.now());
    const size = { rows: order.length, columns: WIDTH, pageRows: rowsSeen(scrolled) };
    const next = placeAfter(event.key, event.ctrlKey || event.metaKey, place, size);
    if (next !== null) {
      event.preventDefault();
      moveTo(next);
      return;
    }
    const vehicleId = order[place.row];
    const isOnLink = place.column === WIDTH - 1;
    if (vehicleId === undefined || isOnLink || !(event.key === "Enter" || event.key === " ")) return;
    event.preventDefault();
    show(vehicleId);
  };

  return (
    <div class="vehicle-table">
      <div
        ref={scroller}
        class="vehicle-table__scroller"
        onPointerMove={() => rows.use(performance.now())}
        onScroll={(event) => {
          const { scrollTop } = event.currentTarget;
          rows.use(performance.now());
          setScrolled((before) => ({ ...before, topPx: scrollTop }));
        }}
      >
        <table
          class="vehicle-table__grid"
          // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: rows and cells keep their native roles so
          role="grid"
          aria-label={strings.table.title}
          aria-rowcount={order.length + 1}
          aria-colcount={WIDTH}
          onKeyDown={press}
          onFocusIn={(event) => {
            const next = placeIn(event.target, order);
            if (next !== null && (next.row !== place.row || next.column !== place.column)) setFocus(next);
          }}
        >
          <Widths />
          <Headings focused={place.row === -1 ? place.column : null} />
          <Rows order={order} drawn={rowsDrawn(scrolled, order.length)} place={place} />
        </table>
      </div>
      <p class="vehicle-table__held quiet" title={strings.table.heldHelp}>
        {rows.isHeld(timeMs) ? strings.table.held : ""}
      </p>
    </div>
  );
}

function Widths() {
  return (
    <colgroup>
      {COLUMNS.map(({ key }) => (
        <col key={key} class={`vehicle-table__width--${key}`} />
      ))}
      <col class="vehicle-table__width--page" />
    </colgroup>
  );
}

function Headings({ focused }: { readonly focused: number | null }) {
  const { key: sortedKey, isDescending } = sort.value;
  return (
    <thead>
      <tr aria-rowindex={1}>
        {COLUMNS.map(({ key, isNumber }, column) => (
          <th
            key={key}
            scope="col"
            class={isNumber ? "vehicle-table__cell--number" : undefined}
            aria-colindex={column + 1}
            aria-sort={key !== sortedKey ? "none" : isDescending ? "descending" : "ascending"}
          >
            <button
              type="button"
              class="vehicle-table__sort"
              tabIndex={column === focused ? 0 : -1}
              onClick={() => {
                sort.value = sortedBy(key, sort.value);
              }}
            >
              {strings.table.columns[key]}
            </button>
          </th>
        ))}
        <th scope="col" aria-colindex={WIDTH} tabIndex={focused === WIDTH - 1 ? 0 : -1}>
          {strings.table.page}
        </th>
      </tr>
    </thead>
  );
}

interface RowsProps {
  readonly order: readonly string[];
  readonly drawn: readonly [from: number, to: number];
  readonly place: Place;
}

function Rows({ order, drawn, place }: RowsProps) {
  return (
    <tbody>
      {stretches(drawn, place.row, order.length).map(({ gap, row }) => {
        if (row === null) return <Gap key={`gap before ${gap.to}`} rows={gap.to - gap.from} />;
        const vehicle = fleet.vehicles.get(order[row] ?? "");
        const column = row === place.row ? place.column : null;
        return vehicle && <Row key={vehicle.names.vehicleId} vehicle={vehicle} row={row} focused={column} />;
      })}
    </tbody>
  );
}

function Gap({ rows }: { readonly rows: number }) {
  return (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: there is nothing in it
    <tr aria-hidden="true" class="vehicle-table__gap">
      <td colSpan={WIDTH} style={{ height: `${rows * ROW_HEIGHT_PX}px` }} />
    </tr>
  );
}

interface RowProps {
  readonly vehicle: Vehicle;
  readonly row: number;
  /** The column that the keyboard is on; null where it is in another row. */
  readonly focused: number | null;
}

function Row({ vehicle, row, focused }: RowProps) {
  const { vehicleId } = vehicle.names;
  const isSelected = selectedId.value === vehicleId;
  return (
    <tr
      aria-rowindex={row + 2}
      aria-selected={isSelected}
      class="vehicle-table__row"
      onClick={(event) => {
        if (!(event.target instanceof Element && event.target.closest("a"))) show(vehicleId);
      }}
    >
      {COLUMNS.map(({ key, isNumber, cell }, column) => (
        <td
          key={key}
          aria-colindex={column + 1}
          tabIndex={column === focused ? 0 : -1}
          class={isNumber ? "vehicle-table__cell--number numbers" : undefined}
        >
          {cell(vehicle, nowMs.value)}
        </td>
      ))}
      <td aria-colindex={WIDTH}>
        <a
          href={pathOf({ page: "vehicle", vehicleId, part: "now" })}
          tabIndex={focused === WIDTH - 1 ? 0 : -1}
          aria-label={strings.table.openOf(nameOf(vehicle.names))}
        >
          {strings.table.open}
        </a>
      </td>
    </tr>
  );
}

/** Return where the keyboard is now: with its vehicle, or where that was, if it is gone. */
function placeOf({ vehicleId, row, column }: Focus, order: readonly string[]): Place {
  if (row === -1) return { row, column };
  const now = vehicleId === null ? -1 : order[row] === vehicleId ? row : order.indexOf(vehicleId);
  return { row: now >= 0 ? now : Math.min(row, order.length - 1), column };
}

/** Return where an element stands in the grid: what is clicked on takes the focus, too. */
function placeIn(target: EventTarget | null, order: readonly string[]): Focus | null {
  if (!(target instanceof Element)) return null;
  const column = Number(target.closest("[aria-colindex]")?.getAttribute("aria-colindex") ?? 1) - 1;
  const rowIndex = target.closest("[aria-rowindex]")?.getAttribute("aria-rowindex");
  if (rowIndex === null || rowIndex === undefined) return null;
  const row = Number(rowIndex) - 2;
  return { vehicleId: order[row] ?? null, row, column };
}

function followHeight(element: HTMLElement | null, set: (change: (before: Scrolled) => Scrolled) => void) {
  if (element === null) return;
  const observer = new ResizeObserver(() => {
    const heightPx = Math.max(0, element.clientHeight - ROW_HEIGHT_PX);
    set((before) => ({ ...before, heightPx }));
  });
  observer.observe(element);
  return () => observer.disconnect();
}
