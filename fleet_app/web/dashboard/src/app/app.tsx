/** The frame of every page: where one can go, and how the connection is. */

import { useComputed, useSignalEffect } from "@preact/signals";
import { type ComponentType, lazy, Suspense } from "preact/compat";
import { useEffect, useRef } from "preact/hooks";
import { strings } from "../strings";
import { Banners, ConnectionState } from "./connection_state";
import { Preferences } from "./preferences";
import { pathOf, type Route, route } from "./route";
import { connection } from "./state";
import "../ui/tokens.css";
import "./app.css";

const loadLivePage = () => import("../live/live_page").then((module) => module.LivePage);
const loadVehiclePage = () => import("../vehicle/vehicle_page").then((module) => module.VehiclePage);
const loadSystemPage = () => import("../system/system_page").then((module) => module.SystemPage);
const LivePage = page(loadLivePage);
const VehiclePage = page(loadVehiclePage);
const SystemPage = page(loadSystemPage);

/** Pages that stand in the header; traffic, routes, an inbox and figures get theirs here when they come. */
const PAGES = [
  { page: "live", name: strings.app.live },
  { page: "system", name: strings.app.system },
] as const;

export function App() {
  const content = useRef<HTMLElement>(null);
  useTitle(route.value);
  useFocusOnPage(route.value, content);
  usePagesBeforeTheyAreNeeded();
  return (
    <>
      <a class="skip" href="#content">
        {strings.app.skip}
      </a>
      <header class="header">
        <a class="header__title" href="/">
          {strings.app.title}
        </a>
        <nav class="header__pages" aria-label={strings.app.pages}>
          {PAGES.map(({ page, name }) => (
            <a key={page} href={pathOf({ page })} aria-current={route.value.page === page ? "page" : undefined}>
              {name}
            </a>
          ))}
        </nav>
        <div class="header__state">
          <ConnectionState />
          <Preferences />
        </div>
      </header>
      <Banners />
      <main id="content" class="content" tabIndex={-1} ref={content}>
        <Suspense fallback={null}>
          <Shown route={route.value} />
        </Suspense>
      </main>
    </>
  );
}

function Shown({ route }: { readonly route: Route }) {
  switch (route.page) {
    case "live":
      return <LivePage />;
    case "vehicle":
      return <VehiclePage key={route.vehicleId} vehicleId={route.vehicleId} part={route.part} />;
    case "system":
      return <SystemPage />;
    case "nowhere":
      return <Nowhere />;
  }
}

function Nowhere() {
  return (
    <div class="page">
      <h1>{strings.app.nowhere}</h1>
      <p>{strings.app.nowhereHelp}</p>
      <p>
        <a class="button" href="/">
          {strings.app.toLive}
        </a>
      </p>
    </div>
  );
}

/** What stands in the place of a page whose files could not be had. */
function NotLoaded() {
  return (
    <div class="page">
      <h1>{strings.app.notLoaded}</h1>
      <p>{strings.app.notLoadedHelp}</p>
      <p>
        <button type="button" class="button" onClick={() => location.reload()}>
          {strings.app.reload}
        </button>
      </p>
    </div>
  );
}

function page<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  return lazy(async () => ({ default: await load().catch(() => NotLoaded) }));
}

/** The page of a vehicle says the vehicle's name itself. */
function useTitle({ page }: Route): void {
  useEffect(() => {
    if (page === "vehicle") return;
    document.title = strings.app.pageTitle(strings.app[page]);
  }, [page]);
}

/** Another page begins at its top, and with the focus: else the keyboard goes on from a link that may be gone. */
function useFocusOnPage(route: Route, content: { readonly current: HTMLElement | null }): void {
  const shown = route.page === "vehicle" ? pathOf({ ...route, part: "now" }) : route.page;
  const before = useRef(shown);
  useEffect(() => {
    if (before.current === shown) return;
    before.current = shown;
    content.current?.scrollTo(0, 0);
    content.current?.focus();
  }, [shown, content]);
}

/** Load all pages once the feed is live: their worker may be gone when somebody goes there. */
function usePagesBeforeTheyAreNeeded(): void {
  const isLive = useComputed(() => connection.value.phase === "live");
  useSignalEffect(() => {
    if (!isLive.value) return;
    for (const load of [loadLivePage, loadVehiclePage, loadSystemPage]) load().catch(() => undefined);
  });
}
