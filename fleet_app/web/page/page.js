// The live list of vehicles, and of the workers that keep them. Every text goes in by textContent: vehicle ids are whatever a sender chose.

const POLL_MS = 1000;
const STALE_MS = 5000;
const PAGE_SIZE = 1000;
const REPORTING_S = 10;
const SILENT_S = 120;

const at = (id) => document.getElementById(id);
const count = new Intl.NumberFormat("en");
const rows = new Map();
let vehicles = [];
let lastAnswer = null;
let previous = null;
let sort = { by: "id", descending: false };

class Problem extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

async function fetchPage(cursor) {
  const query = new URLSearchParams({ limit: PAGE_SIZE });
  if (cursor !== null) query.set("cursor", cursor);
  return ask(`/api/vehicles?${query}`);
}

async function ask(path) {
  const response = await fetch(path, { signal: AbortSignal.timeout(STALE_MS) });
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Problem(response.status, body.detail ?? response.statusText);
  return body;
}

async function fetchAll() {
  const found = [];
  for (let cursor = null, first = true; first || cursor !== null; first = false) {
    const page = await fetchPage(cursor);
    found.push(...page.items);
    cursor = page.next;
  }
  return found;
}

async function poll() {
  try {
    vehicles = await fetchAll();
    lastAnswer = performance.now();
    showProblem(null);
    showVehicles();
  } catch (problem) {
    if (problem instanceof Problem && problem.status === 401) return logIn();
    showProblem(problem);
  }
  showConnection();
  setTimeout(poll, document.hidden ? 5 * POLL_MS : POLL_MS);
}

// Workers are asked for on their own: one that does not answer must not hold up the list of vehicles.
async function followWorkers() {
  try {
    showWorkers(await ask("/api/cluster"));
  } catch {
    at("workers").hidden = true;
  }
  setTimeout(followWorkers, document.hidden ? 10 * POLL_MS : 2 * POLL_MS);
}

// What is shown

function showProblem(problem) {
  at("trouble").hidden = problem === null;
  if (problem === null) return;
  const answered = problem instanceof Problem;
  at("trouble-title").textContent = answered ? "Not everything can be read at the moment" : "The worker does not answer";
  at("trouble-detail").textContent = answered
    ? problem.message
    : "Asking again every second. If it was stopped, start it with: fleet up";
}

function showConnection() {
  const pill = at("connection");
  if (lastAnswer === null) {
    pill.dataset.state = "waiting";
    pill.textContent = "connecting";
    return;
  }
  const silentMs = performance.now() - lastAnswer;
  const stale = silentMs > STALE_MS;
  document.body.classList.toggle("stale", stale);
  pill.dataset.state = stale ? "stale" : "live";
  pill.textContent = stale ? `not updated for ${duration(silentMs / 1000)}` : "live";
}

function showVehicles() {
  at("empty").hidden = vehicles.length > 0;
  at("list").hidden = at("totals").hidden = vehicles.length === 0;
  showTotals();
  showRows();
}

function showTotals() {
  const accepted = sum(vehicles.map((vehicle) => vehicle.accepted));
  const now = performance.now();
  put(at("total-vehicles"), count.format(vehicles.length));
  put(at("total-reporting"), count.format(vehicles.filter((vehicle) => status(vehicle) === "now").length));
  put(at("total-moving"), count.format(vehicles.filter(isMoving).length));
  put(at("total-refused"), count.format(sum(vehicles.map(refused))));
  if (previous === null) {
    previous = { accepted, now };
  } else if (now - previous.now > 3000) {
    put(at("total-rate"), rate(((accepted - previous.accepted) * 1000) / (now - previous.now)));
    previous = { accepted, now };
  }
}

function showRows() {
  const wanted = at("filter").value.trim().toLowerCase();
  const shown = vehicles.filter((vehicle) => vehicle.vehicle_id.toLowerCase().includes(wanted)).sort(compare);
  const kept = new Set(shown.map((vehicle) => vehicle.vehicle_id));
  for (const [id, row] of rows) {
    if (!kept.has(id)) {
      row.element.remove();
      rows.delete(id);
    }
  }
  let place = at("rows").firstElementChild;
  for (const vehicle of shown) {
    const row = rows.get(vehicle.vehicle_id) ?? makeRow(vehicle.vehicle_id);
    fillRow(row, vehicle);
    if (row.element === place) place = place.nextElementSibling;
    else at("rows").insertBefore(row.element, place);
  }
  put(at("shown"), wanted === "" ? "" : `${count.format(shown.length)} of ${count.format(vehicles.length)}`);
}

function showWorkers(cluster) {
  at("workers").hidden = false;
  at("worker-rows").replaceChildren(...cluster.workers.map(workerRow));
  put(at("unowned"), cluster.unowned.length === 0 ? "" : `Nobody owns partitions ${cluster.unowned.join(", ")}`);
}

function workerRow(worker) {
  const row = document.createElement("tr");
  const restoring = worker.tasks.filter((task) => task.state === "restoring").map(restoreText);
  const cells = [
    ["id", worker.url],
    [worker.phase === "running" ? "" : "bad", worker.phase ?? worker.problem],
    ["", worker.owns.join(", ")],
    ["number", worker.lag === null ? "?" : count.format(worker.lag)],
    ["soft", restoring.join(", ")],
  ];
  for (const [classes, text] of cells) {
    const cell = document.createElement("td");
    cell.className = classes;
    cell.textContent = text;
    row.append(cell);
  }
  return row;
}

function restoreText({ partition, duty, restore }) {
  const percent = restore.total === 0 ? 0 : Math.floor((100 * restore.done) / restore.total);
  return `${duty === "standby" ? "copy of " : ""}${partition} (${percent} %)`;
}

function makeRow(id) {
  const element = document.createElement("tr");
  const cell = (classes) => {
    const made = document.createElement("td");
    if (classes) made.className = classes;
    element.append(made);
    return made;
  };
  const row = { element };
  row.dot = document.createElement("i");
  row.dot.className = "dot";
  cell("").append(row.dot);
  const link = document.createElement("a");
  link.href = `/api/vehicles/${encodeURIComponent(id)}`;
  link.textContent = link.title = id;
  cell("id").append(link);
  row.state = cell("");
  row.speed = cell("number");
  const heading = cell("number");
  row.heading = document.createElement("span");
  row.heading.className = "degrees";
  row.arrow = document.createElement("span");
  row.arrow.className = "arrow";
  heading.append(row.heading, row.arrow);
  row.position = cell("wide soft");
  row.odometer = cell("number wide");
  row.fixes = cell("number wide");
  row.refused = cell("number wide soft");
  row.age = cell("number");
  rows.set(id, row);
  return row;
}

function fillRow(row, vehicle) {
  const last = vehicle.last ?? {};
  row.dot.dataset.status = status(vehicle);
  row.dot.title = vehicle.received_age_s === null ? "nothing accepted yet" : `received ${duration(vehicle.received_age_s)} ago`;
  put(row.state, vehicle.state === null ? "–" : vehicle.state.replace("_", ", "));
  put(row.speed, vehicle.speed_mps === null ? "–" : `${Math.round(vehicle.speed_mps * 3.6)} km/h`);
  put(row.heading, last.heading_deg === undefined ? "–" : `${Math.round(last.heading_deg)}°`);
  put(row.arrow, last.heading_deg === undefined ? "" : "↑");
  row.arrow.style.rotate = `${last.heading_deg ?? 0}deg`;
  put(row.position, last.lat === undefined ? "–" : `${last.lat.toFixed(5)}, ${last.lon.toFixed(5)}`);
  put(row.odometer, `${(vehicle.odometer_m / 1000).toFixed(1)} km`);
  put(row.fixes, count.format(vehicle.accepted));
  put(row.refused, count.format(refused(vehicle)));
  put(row.age, vehicle.age_s === null ? "–" : duration(vehicle.age_s));
}

function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// What is worked out

function status(vehicle) {
  if (vehicle.received_age_s === null || vehicle.received_age_s > SILENT_S) return "silent";
  return vehicle.received_age_s > REPORTING_S ? "late" : "now";
}

function isMoving(vehicle) {
  return status(vehicle) === "now" && vehicle.state === "moving";
}

function refused(vehicle) {
  return sum(Object.values(vehicle.refused));
}

function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}

function rate(perSecond) {
  const shown = Math.max(0, perSecond);
  return shown < 10 ? shown.toFixed(1) : count.format(Math.round(shown));
}

function duration(seconds) {
  if (seconds < 1) return "now";
  for (const [unit, length, next] of [["s", 1, 90], ["min", 60, 90], ["h", 3600, 36], ["d", 86400, 800]]) {
    if (seconds / length < next) return `${Math.floor(seconds / length)} ${unit}`;
  }
  return `${Math.floor(seconds / 31557600)} y`;
}

const ORDERS = {
  status: (vehicle) => vehicle.received_age_s,
  id: (vehicle) => vehicle.vehicle_id,
  state: (vehicle) => vehicle.state,
  speed: (vehicle) => vehicle.speed_mps,
  heading: (vehicle) => vehicle.last?.heading_deg,
  position: (vehicle) => vehicle.last?.lat,
  odometer: (vehicle) => vehicle.odometer_m,
  fixes: (vehicle) => vehicle.accepted,
  refused,
  age: (vehicle) => vehicle.age_s,
};
const byId = new Intl.Collator(undefined, { numeric: true }).compare;

// What is not known comes last, whichever way the list is sorted.
function compare(one, other) {
  const [first, second] = [ORDERS[sort.by](one) ?? null, ORDERS[sort.by](other) ?? null];
  if (first === null || second === null) return (first === null) - (second === null) || byId(one.vehicle_id, other.vehicle_id);
  const order = typeof first === "string" ? byId(first, second) : first - second;
  return (sort.descending ? -order : order) || byId(one.vehicle_id, other.vehicle_id);
}

// What the user does

function sortBy(column) {
  sort = { by: column, descending: sort.by === column ? !sort.descending : false };
  for (const header of document.querySelectorAll("th[data-sort]")) {
    if (header.dataset.sort === column) header.setAttribute("aria-sort", sort.descending ? "descending" : "ascending");
    else header.removeAttribute("aria-sort");
  }
  showRows();
}

function logIn() {
  location.assign("/login");
}

// Whoever came in by a session can end it.
async function showSession() {
  const session = await ask("/api/session").catch(() => null);
  at("logout").hidden = session?.csrf_token == null;
}

function showExample() {
  const position = { vehicle_id: "van-7", time_ms: Date.now(), lat: 52.4312, lon: 13.5345, speed_mps: 8.3, heading_deg: 70 };
  const key = at("logout").hidden ? "" : ` -H "Authorization: Bearer $FLEET_API_KEY"`;
  put(at("example"), `curl ${location.origin}/api/positions${key} -H 'Content-Type: application/json' \\\n  -d '${JSON.stringify(position)}'`);
}

for (const header of document.querySelectorAll("th[data-sort]")) {
  header.addEventListener("click", () => sortBy(header.dataset.sort));
}
at("filter").addEventListener("input", showRows);
at("copy").addEventListener("click", () => navigator.clipboard?.writeText(at("example").textContent));
setInterval(showConnection, POLL_MS);
setInterval(showExample, 10 * POLL_MS);
showSession().then(showExample);
poll();
followWorkers();
