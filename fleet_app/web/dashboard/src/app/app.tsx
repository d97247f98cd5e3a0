/** The frame of every page: where one can go, and how the connection is. */

import { type ComponentType, lazy, Suspense } from "preact/compat";
import { strings } from "../strings";
import { Notice } from "../ui/notice";
import { ConnectionState } from "./connection_state";
import { Preferences } from "./preferences";
import { pathOf, type Route, route } from "./route";
import "../ui/tokens.css";
import "./app.css";

const LivePage = page(() => import("../map/live_page").then((module) => module.LivePage));
const VehiclePage = page(() => import("../vehicle/vehicle_page").then((module) => module.VehiclePage));
const SystemPage = page(() => import("../system/system_page").then((module) => module.SystemPage));

/** Pages that stand in the header; traffic, routes, an inbox and figures get theirs here when they come. */
const PAGES = [
  { page: "live", name: strings.app.live },
  { page: "system", name: strings.app.system },
] as const;

export function App() {
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
        <ConnectionState />
        <Preferences />
      </header>
      <main id="content" class="content" tabIndex={-1}>
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
      return (
        <Notice title={strings.app.nowhere}>
          <p>{strings.app.nowhereHelp}</p>
          <a class="button" href="/">
            {strings.app.toLive}
          </a>
        </Notice>
      );
  }
}

function page<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  return lazy(async () => ({ default: await load() }));
}
