// The page: writes the state of the board into elements that the server has rendered. Writes are gathered and done once
// a frame, and only where the text differs.

import { age, clockTime, dayWords, estimate, fullnessWords, hourOfDay, opened, people } from "./format.js";
import { fullness } from "./fullness.js";
import { morph } from "./morph.js";
import { doubt, trusted } from "./trust.js";
import { besideUsual } from "./usual.js";
import { _, said } from "./words.js";

const STATE_WORDS = {
  up: _("answering"),
  down: _("not answering"),
  "credentials rejected": _("password refused"),
  "certificate not trusted": _("certificate not trusted"),
  "certificate changed": _("certificate changed"),
  unknown: _("not asked yet"),
};

// Numbers highlighted at a time. Where everything moves a highlight tells nothing, and costs the most to draw.
const MOST_TICKS = 24;
const TICK_SPAN = 1_000;
// Nobody reads numbers that change more often; where hundreds of lines count, every frame would be full of work.
const BETWEEN_PAINTS = 100;

export class Page {
  constructor(root, board, clock, usual) {
    this.usual = usual;
    this.root = root;
    this.board = board;
    this.clock = clock;
    this.due = false;
    this.paintedAt = -Infinity;
    this.ticks = 0;
    this.ticksSince = 0;
    // Does not bubble, but is caught on its way down.
    root.addEventListener("toggle", () => this.changed(true), true);
    this.index();
  }

  // Find the elements once; looking them up for every event would cost more than writing them.
  index() {
    this.figures = grouped(this.root, "figure");
    this.whys = grouped(this.root, "why");
    this.ages = grouped(this.root, "age");
    this.rows = grouped(this.root, "row");
    this.bands = grouped(this.root, "siteBand");
    this.bandWords = grouped(this.root, "bandWords");
    this.usuals = grouped(this.root, "usual");
    this.doubts = grouped(this.root, "doubt");
    this.bars = grouped(this.root, "bar");
    this.answering = grouped(this.root, "answering");
    this.cameraItems = grouped(this.root, "camera");
    this.clocks = grouped(this.root, "clock");
    this.days = grouped(this.root, "day");
    this.trusts = grouped(this.root, "trust");
    this.texts = grouped(this.root, "text");
  }

  replace(html) {
    const fresh = document.createElement("template");
    fresh.innerHTML = html;
    morph(this.root, fresh.content);
    this.index();
  }

  // `quietly`: without the highlight that says "this has just changed".
  changed(quietly = false) {
    this.quietly = this.due ? this.quietly && quietly : quietly;
    if (this.due) return;
    this.due = true;
    // Frames are not drawn in a hidden tab, but its title and a wall of tabs should be right at once when shown.
    const paint = () => {
      this.due = false;
      this.paintedAt = performance.now();
      this.paint();
    };
    if (document.hidden) setTimeout(paint, 250);
    else setTimeout(() => requestAnimationFrame(paint), Math.max(0, this.paintedAt + BETWEEN_PAINTS - performance.now()));
  }

  paint() {
    this.#paintSentence("[data-trouble]", this.board.trouble);
    this.#paintSentence("[data-own-clock]", this.board.ownClock);
    for (const site of this.board.sites.values()) this.#paintSite(site);
    for (const door of this.board.doors.values()) this.#paintDoor(door);
    for (const line of this.board.lines.values()) this.#paintLine(line);
    this.tick();
  }

  // What changes with the clock alone.
  tick() {
    const now = this.clock.now();
    for (const [zone, elements] of this.clocks) write(elements, clockTime(now, zone));
    for (const [zone, elements] of this.days) write(elements, dayWords(now, zone));
    const cameras = new Map();
    for (const camera of this.board.cameras.values()) cameras.set(camera.cameraId, this.#paintCamera(camera, now));
    for (const line of this.board.lines.values()) this.#paintReading(`line/${line.lineId}`, [line], cameras, now);
    for (const door of this.board.doors.values()) {
      this.#paintReading(`door/${door.doorId}`, this.board.linesOf("doorId", door.doorId), cameras, now);
    }
    for (const site of this.board.sites.values()) {
      this.#paintAnswering(site);
      this.#paintReading(`site/${site.siteId}`, this.board.linesOf("siteId", site.siteId), cameras, now);
      this.#paintUsual(site, now);
    }
  }

  // That figures are not renewed, or that the clock of the service is wrong, as the cameras say together.
  #paintSentence(places, sentence) {
    for (const element of this.root.querySelectorAll(places)) {
      write([element], said(sentence));
      element.hidden = !sentence;
    }
  }

  #paintSite(site) {
    const key = `site/${site.siteId}`;
    this.#figure(`${key}/occupancy`, site.occupancy);
    this.#flow(key, site);
    write(this.trusts.get(key), trusted(site));
    const share = site.capacity && site.occupancy !== null ? site.occupancy / site.capacity : null;
    const band = fullness(site);
    mark(this.bands.get(site.siteId), "band", band);
    write(this.bandWords.get(site.siteId), fullnessWords(band));
    write(this.doubts.get(key), doubt(site));
    mark(this.doubts.get(key), "quality", site.qualityToday);
    for (const bar of this.bars.get(site.siteId) ?? []) {
      bar.lastElementChild.setAttribute("width", `${Math.min(100, (share ?? 0) * 100).toFixed(1)}%`);
    }
    const none = _("not known: no camera has been read yet today");
    const silent = this.board.camerasOf(site.siteId).some((camera) => camera.state !== "up");
    const unseen = silent ? _("without the doors whose camera is not answering") : "";
    write(this.whys.get(`occupancy/${site.siteId}`), site.occupancy === null ? none : unseen);
    write(this.whys.get(`estimate/${site.siteId}`), estimate(site));
    write(this.whys.get(`open/${site.siteId}`), opened(site));
    for (const [direction, value] of [["in", site.inToday], ["out", site.outToday]]) {
      const partly = site.complete ? "" : _("without the lines that are not known");
      write(this.whys.get(`${direction}/${site.siteId}`), value === null ? none : partly);
    }
  }

  #paintUsual(site, now) {
    const hours = this.usual.of(site);
    const moment = hourOfDay(now, site.timeZone);
    const cameras = this.board.camerasOf(site.siteId);
    const isWhole = site.complete && site.qualityToday !== "missing" && cameras.every((camera) => camera.state === "up");
    for (const direction of ["in", "out"]) {
      write(this.usuals.get(`${direction}/${site.siteId}`), besideUsual(site, hours, direction, moment, isWhole));
    }
  }

  #paintLine(line) {
    const id = line.lineId;
    this.#flow(`line/${id}`, line);
    if (!this.texts.get(`line-in/${id}`)?.[0].closest("details").open) return;
    write(this.texts.get(`line-in/${id}`), people(line.inToday));
    write(this.texts.get(`line-out/${id}`), people(line.outToday));
    write(this.texts.get(`camera-in/${id}`), people(line.cameraInToday));
    write(this.texts.get(`camera-out/${id}`), people(line.cameraOutToday));
    write(this.trusts.get(`line/${id}`), trusted(line));
  }

  #paintDoor(door) {
    this.#flow(`door/${door.doorId}`, door);
  }

  #flow(key, row) {
    this.#figure(`${key}/in`, row.inToday);
    this.#figure(`${key}/out`, row.outToday);
  }

  #figure(key, value) {
    for (const element of this.figures.get(key) ?? []) {
      const text = people(value);
      if (element.textContent === text) continue;
      element.textContent = text;
      // Two names for one animation: changing the name starts it again without measuring the page.
      if (this.#mayTick()) element.dataset.tick = element.dataset.tick === "a" ? "b" : "a";
    }
  }

  #mayTick() {
    const now = performance.now();
    if (now - this.ticksSince > TICK_SPAN) {
      this.ticksSince = now;
      this.ticks = 0;
    }
    this.ticks += 1;
    return !this.quietly && this.ticks <= MOST_TICKS;
  }

  #paintCamera(camera, now) {
    const seconds = camera.lastReadingAt ? (now - Date.parse(camera.lastReadingAt)) / 1000 : null;
    const stale = camera.state !== "up" || seconds === null || seconds > camera.staleAfter;
    const words = STATE_WORDS[camera.state] ?? camera.state;
    for (const item of this.cameraItems.get(camera.cameraId) ?? []) {
      mark([item], "state", camera.state);
      mark([item], "stale", stale ? "yes" : "no");
      const zone = this.board.sites.get(camera.siteId)?.timeZone ?? "UTC";
      const time = camera.state !== "up" && camera.since ? clockTime(Date.parse(camera.since), zone) : "";
      write(item.getElementsByClassName("words"), time ? _("%(state)s since %(time)s", { state: words, time }) : words);
      write(item.getElementsByClassName("why"), said(camera.state === "up" ? camera.clock : camera.reason));
    }
    return { camera, seconds, stale, words };
  }

  #paintReading(key, lines, cameras, now) {
    const readings = lines
      .map((line) => [line, ofLine(line, cameras.get(line.cameraId), now)])
      .filter(([, reading]) => reading);
    if (!readings.length) return;
    const oldest = readings.reduce((a, b) => ((b[1].seconds ?? Infinity) > (a[1].seconds ?? Infinity) ? b : a))[1];
    write(this.ages.get(key), age(oldest.seconds));
    mark(this.rows.get(key), "stale", readings.some(([, reading]) => reading.stale) ? "yes" : "no");
    write(this.whys.get(key), readings.map(([line, reading]) => reason(line, reading)).find(Boolean) ?? this.#doubtOf(key));
  }

  // Of a door; of its lines the table below tells more.
  #doubtOf(key) {
    const door = key.startsWith("door/") && this.board.doors.get(key.slice(5));
    return door ? doubt(door) : "";
  }

  #paintAnswering(site) {
    const cameras = this.board.camerasOf(site.siteId);
    const answering = cameras.filter((camera) => camera.state === "up").length;
    for (const element of this.answering.get(site.siteId) ?? []) {
      mark([element], "state", answering === cameras.length ? "up" : "down");
      write(element.getElementsByClassName("words"), _("Cameras answering: %(up)s of %(all)s", { up: people(answering), all: people(cameras.length) }));
    }
  }
}

// A camera may answer and yet not tell of one of its lines.
function ofLine(line, reading, now) {
  if (!reading || !line.missing) return reading;
  return { ...reading, stale: true, seconds: (now - Date.parse(line.lastReadingAt)) / 1000 };
}

function reason(line, { camera, stale, words }) {
  if (camera.state === "down") return _("%(camera)s is %(state)s", { camera: camera.cameraName, state: words });
  if (camera.state !== "up" && camera.state !== "unknown") return _("%(camera)s: %(state)s", { camera: camera.cameraName, state: words });
  if (line.missing) return _("no longer in the answers of %(camera)s", { camera: camera.cameraName });
  if (line.inToday === null) return _("not read yet today");
  return stale ? _("no new reading") : "";
}

function grouped(root, name) {
  const groups = new Map();
  const attribute = `data-${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  for (const element of root.querySelectorAll(`[${attribute}]`)) {
    const key = element.dataset[name];
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(element);
  }
  return groups;
}

function write(elements, text) {
  for (const element of elements ?? []) if (element.textContent !== text) element.textContent = text;
}

function mark(elements, name, value) {
  for (const element of elements ?? []) if (element.dataset[name] !== value) element.dataset[name] = value;
}
