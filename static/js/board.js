// The state of the board: what snapshots and events say, by id. Knows nothing of the page.

import { mean, worst } from "./trust.js";

const KNOWN = (line) => line.inToday !== null && line.outToday !== null;

const TOLD_OF_SITES = ["clamped", "clampedToday", "occupancyEstimate", "occupancyLow", "occupancyHigh", "countedByHandAt"];

const SHAPING = ["lineName", "doorId", "doorName", "siteId", "siteName", "cameraId"];

export class Board {
  // Lines by the door or site they belong to; asked for with every painted frame.
  #groups = new Map();

  // `scope` are the sites that are shown; empty: all of them.
  constructor(scope = []) {
    this.scope = scope;
    this.sites = new Map();
    this.doors = new Map();
    this.lines = new Map();
    this.cameras = new Map();
    this.ownClock = "";
    this.trouble = "";
  }

  load(snapshot) {
    this.ownClock = snapshot.ownClock;
    this.trouble = snapshot.trouble ?? "";
    const lines = snapshot.lines.filter((line) => this.#shows(line));
    const used = new Set(lines.map((line) => line.cameraId));
    this.sites = byId(snapshot.sites.filter((site) => this.#shows(site)), "siteId");
    this.doors = byId(snapshot.doors.filter((door) => this.#shows(door)), "doorId");
    this.lines = byId(lines, "lineId");
    this.cameras = byId(snapshot.cameras.filter((camera) => this.#shows(camera) || used.has(camera.cameraId)), "cameraId");
    this.#groups.clear();
  }

  #shows({ siteId }) {
    return !this.scope.length || this.scope.includes(siteId);
  }

  // What the page is built from: when this changes, numbers alone do not do.
  shape() {
    const sites = [...this.sites.values()].map((site) => [site.siteId, site.siteName, site.timeZone, site.capacity]);
    const lines = [...this.lines.values()].map((line) =>
      [line.lineId, line.lineName, line.doorId, line.doorName, line.siteId, line.cameraId]);
    const cameras = [...this.cameras.values()].map((camera) => [camera.cameraId, camera.cameraName, camera.siteId]);
    return JSON.stringify([sites, lines, cameras].map((rows) => rows.map(String).sort()));
  }

  // Both say whether the shape may have changed.
  count(event) {
    if (!this.#shows(event)) return this.#leaves(event.lineId);
    const site = this.sites.get(event.siteId) ?? this.#newSite(event);
    const known = this.lines.get(event.lineId);
    // A count of yesterday that arrives after midnight says nothing about today.
    const late = known && site.date && event.localTime.slice(0, 10) < site.date;
    const { inToday, outToday } = late ? known : event;
    const before = known && known.inToday !== null ? known.qualityToday : "measured";
    const qualityToday = worst([before, event.quality]);
    const moved = !known || known.inToday === null || qualityToday !== before;
    const today = late ? {} : { ...camera(event), qualityToday };
    const shaping = !known || SHAPING.some((name) => known[name] !== event[name]);
    if (!late) site.occupancy = event.occupancy;
    if (known?.doorId !== event.doorId || known.siteId !== event.siteId) this.#groups.clear();
    // The same object as before, so that the groups go on holding.
    this.lines.set(event.lineId, Object.assign(known ?? {}, event, { inToday, outToday, missing: false, ...today }));
    if (!this.doors.has(event.doorId)) this.doors.set(event.doorId, { doorId: event.doorId, doorName: event.doorName, siteId: event.siteId });
    if (!this.cameras.has(event.cameraId)) this.#newCamera(event);
    this.seen(event.cameraId, event.to);
    const line = this.lines.get(event.lineId);
    this.#sumsOf(line);
    if (moved) this.#trustsOf(line);
    return shaping;
  }

  // A line that is of another site now, where it was of the one that is shown.
  #leaves(lineId) {
    if (!this.lines.delete(lineId)) return false;
    this.#groups.clear();
    return true;
  }

  // What is told of the people inside a site beside what its doors say.
  inside(event) {
    const site = this.sites.get(event.siteId);
    if (!site) return;
    for (const name of TOLD_OF_SITES) site[name] = event[name];
    // After a reset nobody is inside, which is known once a camera has been read: the next snapshot says.
    if (event.reason !== "daily reset") site.occupancy = event.occupancy;
  }

  // An hour is known better. Where it is one of today, so is today.
  correct(event) {
    const line = this.lines.get(event.lineId);
    const site = this.sites.get(event.siteId);
    if (!line || !site || event.inToday === undefined || event.localStart.slice(0, 10) < site.date) return false;
    const { inToday, outToday } = event;
    Object.assign(line, { inToday, outToday, qualityToday: worst([line.qualityToday, event.quality]) });
    if (event.occupancy !== null) site.occupancy = event.occupancy;
    this.#sumsOf(line);
    this.#trustsOf(line);
    return true;
  }

  // An interval of a line is over: how far its day can be trusted was looked at anew.
  closed(event) {
    const line = this.lines.get(event.lineId);
    const site = line && this.sites.get(line.siteId);
    if (!site || event.qualityToday === undefined || event.localStart.slice(0, 10) < site.date) return;
    line.qualityToday = event.qualityToday;
    line.coverageToday = event.coverageToday;
    this.#trustsOf(line);
  }

  #trustsOf(line) {
    trust(this.sites.get(line.siteId), this.linesOf("siteId", line.siteId));
    trust(this.doors.get(line.doorId), this.linesOf("doorId", line.doorId));
  }

  #sumsOf(line) {
    sum(this.sites.get(line.siteId), this.linesOf("siteId", line.siteId));
    sum(this.doors.get(line.doorId), this.linesOf("doorId", line.doorId));
  }

  status(event) {
    if (event.state === "removed") {
      this.cameras.delete(event.cameraId);
      for (const [id, line] of this.lines) if (line.cameraId === event.cameraId) this.lines.delete(id);
      this.#groups.clear();
      return true;
    }
    const before = this.cameras.get(event.cameraId);
    if (!before && !this.#shows(event)) return false;
    const known = before ?? this.#newCamera(event);
    const { cameraName, siteId, state, reason, since } = event;
    this.cameras.set(event.cameraId, { ...known, cameraName, siteId, state, reason, since });
    return !before || before.cameraName !== cameraName || before.siteId !== siteId;
  }

  seen(cameraId, moment) {
    const camera = this.cameras.get(cameraId);
    if (camera && !(camera.lastReadingAt > moment)) camera.lastReadingAt = moment;
  }

  linesOf(key, id) {
    const name = `${key}=${id}`;
    if (!this.#groups.has(name)) {
      this.#groups.set(name, [...this.lines.values()].filter((line) => line[key] === id));
    }
    return this.#groups.get(name);
  }

  camerasOf(siteId) {
    const used = new Set(this.linesOf("siteId", siteId).map((line) => line.cameraId));
    return [...this.cameras.values()].filter((camera) => camera.siteId === siteId || used.has(camera.cameraId));
  }

  #newSite(event) {
    const site = {
      siteId: event.siteId, siteName: event.siteName, timeZone: "UTC",
      capacity: null, busyFrom: null, fullFrom: null, occupancy: null,
    };
    this.sites.set(event.siteId, site);
    return site;
  }

  #newCamera(event) {
    const camera = {
      cameraId: event.cameraId, cameraName: event.cameraName, siteId: event.siteId,
      state: "unknown", reason: "", since: null, clock: "", lastReadingAt: null, staleAfter: 60,
    };
    this.cameras.set(event.cameraId, camera);
    return camera;
  }
}

function byId(rows, key) {
  return new Map(rows.map((row) => [row[key], { ...row }]));
}

function sum(row, lines) {
  const known = lines.filter(KNOWN);
  row.inToday = known.length ? known.reduce((total, line) => total + line.inToday, 0) : null;
  row.outToday = known.length ? known.reduce((total, line) => total + line.outToday, 0) : null;
  row.complete = lines.length > 0 && known.length === lines.length;
}

// Seldom another one: apart from the sums, which change with every person.
function trust(row, lines) {
  row.qualityToday = lines.length ? worst(lines.map((line) => line.qualityToday)) : "missing";
  row.coverageToday = mean(lines.map((line) => line.coverageToday));
}

// What the camera shows, in our sense of in and out.
function camera({ cameraInTotal, cameraOutTotal, swapped }) {
  return swapped
    ? { cameraInToday: cameraOutTotal, cameraOutToday: cameraInTotal }
    : { cameraInToday: cameraInTotal, cameraOutToday: cameraOutTotal };
}
