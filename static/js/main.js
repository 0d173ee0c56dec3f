// The dashboard: what the service streams goes into the board, and from there onto the page.

import { OpenAlerts } from "./alerts.js";
import { Banner } from "./banner.js";
import { Board } from "./board.js";
import { TodayCharts } from "./chart.js";
import { ServerClock } from "./clock.js";
import { localDay } from "./format.js";
import { MinutesView } from "./minutes-view.js";
import { Page } from "./page.js";
import { TabStream } from "./stream.js";
import { Tab } from "./tab.js";
import { Upgrade } from "./upgrade.js";
import { UsualDays } from "./usual.js";
import { _ } from "./words.js";

// The service sends a new snapshot within 5 s of a site's midnight; a page that has slept meanwhile asks for it.
const DAY_PATIENCE = 12_000;
// Where a service is changed without a stream being cut, as behind some proxies.
const LOOK_EVERY = 600_000;
const REBUILD_DELAY = 300;
const REBUILD_RETRY = 2_000;
const REBUILD_TOGETHER = 1_500;

const root = document.getElementById("board");
const clock = new ServerClock();
// The sites that are shown, none for all of them.
const scope = JSON.parse(root.dataset.scope);
const board = new Board(scope);
const usual = new UsualDays(() => page.changed(true));
const page = new Page(root, board, clock, usual);
const charts = new TodayCharts(root, board, clock, usual);
const upgrade = new Upgrade(root.dataset.version);
const alerts = new OpenAlerts(document.getElementById("alerts"), document.getElementById("announcer"));
// A screen on a wall has no tab that anybody sees.
const tab = root.dataset.entrance ? null : new Tab(board);
const banner = new Banner({
  banner: document.getElementById("banner"),
  announcer: document.getElementById("announcer"),
  connection: document.getElementById("connection"),
  words: document.getElementById("connection-words"),
  trouble: () => board.trouble,
});

const rendered = embedded();
let pageShape = shapeOf(rendered);
let rebuildTimer = 0;
let dayTurnedAt = 0;
let isNew = true;
let minutes = [];
let wasLost = false;
let lookedAt = Date.now();

board.load(rendered);
clock.set(Date.parse(rendered.time), rendered.speed);

function embedded() {
  return JSON.parse(document.getElementById("snapshot").textContent);
}

function shapeOf(snapshot) {
  const other = new Board(scope);
  other.load(snapshot);
  return other.shape();
}

const HEARD = {
  snapshot(event) {
    clock.set(Date.parse(event.time), event.speed);
    board.load(event);
    banner.renew();
    // Alerts that came while nobody was listening.
    if (!isNew) alerts.changed();
    // The first one is mostly the state that this page was made from.
    if (!isNew || event.id !== rendered.id) {
      charts.begin(event.id);
      for (const view of minutes) view.begin();
    }
    isNew = false;
    rebuildIfNeeded();
  },
  readings(event) {
    clock.set(Date.parse(event.time));
    for (const [cameraId, moment] of Object.entries(event.cameras)) board.seen(cameraId, moment);
  },
  PeopleCountingUpdate(event) {
    if (board.count(event)) rebuildIfNeeded();
    charts.add(event);
    for (const view of minutes) view.minutes.add(event);
  },
  OccupancyChanged(event) {
    board.inside(event);
  },
  CountCorrection(event) {
    if (!board.correct(event)) return;
    charts.renew(event.id);
    rebuildSoon();
  },
  IntervalClosed(event) {
    board.closed(event);
  },
  CounterBreak(event) {
    for (const view of minutes) view.minutes.add(event);
    if (event.break !== "midnight reset") rebuildSoon();
  },
  CameraStatus(event) {
    for (const view of minutes) view.minutes.add(event);
    if (board.status(event)) rebuildIfNeeded();
  },
  Alert() {
    alerts.changed();
  },
};

// Cameras, doors and sites come and go seldom; then the service renders the page's inside anew.
function rebuildIfNeeded(delay = REBUILD_DELAY) {
  clearTimeout(rebuildTimer);
  if (board.shape() === pageShape) return;
  rebuildTimer = setTimeout(rebuild, delay);
}

// What is said in sentences is said by the service; it comes seldom, but then of many lines at once.
function rebuildSoon() {
  pageShape = "";
  rebuildIfNeeded(REBUILD_TOGETHER);
}

// Take up the charts that are on the page now.
function attach() {
  for (const view of minutes) view.destroy();
  minutes = [...root.querySelectorAll("[data-minutes]")].map((element) => new MinutesView(element, board, clock));
  charts.attach();
}

// What is shown would look alive for ever: the site has no camera any more, or is another one's to see.
function goneFrom(place) {
  const words = document.createElement("p");
  words.className = "empty";
  words.textContent = _("This site is not shown any more: it has no camera, or is not yours.");
  place.replaceChildren(words);
  page.index();
  attach();
}

async function rebuild() {
  try {
    const answer = await fetch(root.dataset.board, { headers: { Accept: "text/html" } });
    if (answer.status === 404) {
      goneFrom(root);
      rebuildTimer = setTimeout(rebuild, LOOK_EVERY);
      return;
    }
    if (answer.ok) {
      page.replace(await answer.text());
      pageShape = shapeOf(embedded());
      page.changed(true);
      attach();
      charts.load();
    }
  } catch {
    // The connection is lost, which the banner tells already.
  }
  rebuildIfNeeded(REBUILD_RETRY);
}

const connection = new TabStream("/events", {
  heard(kind, event) {
    HEARD[kind]?.(event);
    page.changed(kind !== "PeopleCountingUpdate");
    tab?.show();
  },
  changed(state) {
    banner.state(state);
    // A service that was away may have come back as another one.
    if (state === "live" && wasLost) upgrade.look();
    wasLost = state === "lost";
    // A screen that was revoked shows a new code by itself.
    if (state === "out" && root.dataset.entrance) location.assign(root.dataset.entrance);
  },
}, rendered.id ?? "", root.dataset.version);

function everySecond() {
  connection.watch();
  if (connection.state === "lost") banner.lost(connection.lostAt);
  if (!document.hidden) page.tick();
  charts.tick();
  if (!document.hidden) for (const view of minutes) view.draw();
  if (Date.now() - lookedAt > LOOK_EVERY) {
    lookedAt = Date.now();
    upgrade.look();
  }
  tab?.show();
  askForNewDay();
  usual.follow([...board.sites.values()]);
}

function askForNewDay() {
  const turned = [...board.sites.values()].some((site) => site.date && localDay(clock.now(), site.timeZone) > site.date);
  if (!turned || connection.state === "lost") {
    dayTurnedAt = 0;
  } else if (!dayTurnedAt) {
    dayTurnedAt = Date.now();
  } else if (Date.now() - dayTurnedAt > DAY_PATIENCE) {
    dayTurnedAt = 0;
    connection.renew();
  }
}

// A phone has slept, or found its network again.
function wake() {
  if (document.hidden) return;
  connection.wake();
  page.changed(true);
  charts.tick();
}

document.addEventListener("visibilitychange", wake);
window.addEventListener("online", wake);
window.addEventListener("pageshow", (event) => {
  if (event.persisted) connection.open();
  wake();
});
window.addEventListener("pagehide", () => connection.leave());

usual.load();
attach();
charts.begin(rendered.id);
connection.open();
setInterval(everySecond, 1000);
