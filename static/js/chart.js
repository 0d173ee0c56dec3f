// Today's curves: people inside above, people in and out per quarter of an hour below.

import { clockTime, people } from "./format.js";
import { worst } from "./trust.js";

/* global uPlot */

const RELOAD = 5 * 60_000;
const RETRY = 5_000;
const SETTLING = 1_500;
const HOUR = 3600;
const LEAST_HOURS = 4;
const MOST_HEIGHT = 480;

export class TodayCharts {
  constructor(root, board, clock) {
    this.root = root;
    this.board = board;
    this.clock = clock;
    this.views = [];
    this.answer = null;
    this.failure = "";
    this.events = [];
    this.begunAfter = null;
    this.timer = 0;
    this.due = false;
    this.colours = matchMedia("(prefers-color-scheme: dark)");
    this.colours.addEventListener("change", () => this.attach());
  }

  // Take up the chart elements that are on the page now.
  attach() {
    for (const view of this.views) view.destroy();
    this.views = [...this.root.querySelectorAll("[data-chart]")].map((element) => new ChartView(element));
    this.draw();
  }

  // A snapshot: everything after it is heard, so curves are whole once they reach up to it.
  begin(id) {
    this.events = [];
    this.begunAfter = id;
    this.load();
  }

  // Earlier quarters are known better: the history has them once it reaches up to this event.
  renew(id) {
    this.begunAfter = id;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.load(), SETTLING);
  }

  add(event) {
    this.events.push({ id: event.id, siteId: event.siteId, at: Date.parse(event.to) / 1000, in: event.in, out: event.out, quality: event.quality });
  }

  // Once a second, not with every event: drawing costs far more than writing a number.
  tick() {
    if (!document.hidden) this.draw();
  }

  async load() {
    clearTimeout(this.timer);
    let again = RETRY;
    try {
      const answer = await fetch("/chart/today", { headers: { Accept: "application/json" } });
      const body = await answer.json();
      if (answer.ok) {
        this.answer = body;
        this.failure = "";
        this.events = this.events.filter((event) => after(event.id, body.asOf));
        again = after(this.begunAfter, body.asOf) ? RETRY : RELOAD;
      } else {
        this.failure = answer.status === 404 ? "" : "The database does not answer; the curve grows from now on.";
      }
    } catch {
      this.failure ||= "";
    }
    this.draw();
    this.timer = setTimeout(() => this.load(), again * (1 + Math.random() / 5));
  }

  draw() {
    if (this.due) return;
    this.due = true;
    requestAnimationFrame(() => {
      this.due = false;
      for (const view of this.views) view.draw(this.#curve(view.siteId), this.clock.now() / 1000, this.failure);
    });
  }

  #curve(siteId) {
    const site = this.board.sites.get(siteId);
    const stored = this.answer?.sites.find((curve) => curve.siteId === siteId && curve.date === site?.date);
    if (!site) return null;
    const curve = stored ? { ...stored, in: [...stored.in], out: [...stored.out], quality: [...stored.quality] } : this.#empty(site);
    if (!curve) return null;
    const start = Date.parse(curve.start) / 1000;
    const step = this.answer?.stepSeconds ?? 900;
    for (const event of this.events) {
      const index = Math.floor((event.at - start) / step);
      if (event.siteId !== siteId || index < 0 || index >= curve.in.length || !after(event.id, stored && this.answer.asOf)) continue;
      curve.in[index] = (curve.in[index] ?? 0) + event.in;
      curve.out[index] = (curve.out[index] ?? 0) + event.out;
      curve.quality[index] = worst([curve.quality[index] ?? "measured", event.quality]);
    }
    const running = Math.floor((this.clock.now() / 1000 - start) / step);
    if (stored && curve.in[running] === null && this.#isWatched(siteId)) {
      curve.in[running] = curve.out[running] = 0;
      curve.quality[running] = "measured";
    }
    return { ...curve, start, step, occupancy: site.occupancy, countedByHandAt: site.countedByHandAt, timeZone: site.timeZone };
  }

  // Of a quarter that has just begun nothing is stored: where a camera is being read, nobody has come yet.
  #isWatched(siteId) {
    const now = this.clock.now();
    return this.board.camerasOf(siteId).some((camera) =>
      camera.state === "up" && camera.lastReadingAt && now - Date.parse(camera.lastReadingAt) <= camera.staleAfter * 1000);
  }

  // Without the database the day begins with the first event heard.
  #empty(site) {
    const now = this.clock.now();
    const [hours, minutes] = clockTime(now, site.timeZone).split(":").map(Number);
    const midnight = (Math.floor(now / 60_000) - hours * 60 - minutes) * 60_000;
    const none = () => new Array(96).fill(null);
    return {
      siteId: site.siteId, start: new Date(midnight).toISOString(), occupancySince: new Date(now).toISOString(),
      in: none(), out: none(), quality: none(), coverage: none(), partial: [],
    };
  }
}

// Whether one event id comes after another; ids of different epochs do not compare, then what is heard counts.
function after(id, other) {
  if (!id) return false;
  if (!other) return true;
  const [epoch, number] = split(id);
  const [otherEpoch, otherNumber] = split(other);
  return epoch !== otherEpoch || number > otherNumber;
}

function split(id) {
  const dash = id.lastIndexOf("-");
  return [id.slice(0, dash), Number(id.slice(dash + 1))];
}

class ChartView {
  constructor(element) {
    this.element = element;
    this.doors = element.parentElement.querySelector(".doors");
    this.siteId = element.dataset.chart;
    this.plot = element.querySelector(".plot");
    this.readout = element.querySelector(".readout");
    this.note = element.querySelector(".chart-note");
    this.doubts = element.querySelector(".chart-doubts");
    this.observer = new ResizeObserver(() => this.#resize());
    this.observer.observe(this.plot);
  }

  destroy() {
    this.observer.disconnect();
    this.inside?.destroy();
    this.flow?.destroy();
  }

  draw(curve, now, failure) {
    this.note.hidden = !failure;
    this.note.textContent = failure;
    if (!curve || !window.uPlot) return;
    this.curve = curve;
    this.now = now;
    if (!this.flow || this.timeZone !== curve.timeZone) this.#build(curve.timeZone);
    const [from, to] = hoursShown(curve, now);
    const inside = insideLine(curve, now);
    const key = JSON.stringify([from, to, curve.in, curve.out, curve.quality, Math.floor(now / 60), inside[1]]);
    if (key === this.drawn) return;
    this.drawn = key;
    this.range = [from, to];
    this.inside.setData(inside);
    this.flow.setData(bars(curve));
    this.doubts.textContent = doubts(curve, now);
    this.#read(null);
  }

  #build(timeZone) {
    this.inside?.destroy();
    this.flow?.destroy();
    this.timeZone = timeZone;
    this.drawn = "";
    const style = getComputedStyle(document.body);
    const colour = (name) => style.getPropertyValue(`--${name}`).trim();
    const shared = {
      ...this.#size(),
      // The same on both, or their hours would not stand above each other.
      padding: [8, 24, 4, 0],
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), timeZone),
      legend: { show: false },
      cursor: { y: false, points: { show: false }, drag: { x: false, y: false }, sync: { key: this.siteId, scales: ["x", null] } },
      hooks: { setCursor: [(plot) => this.#read(plot.cursor.left >= 0 ? plot.posToVal(plot.cursor.left, "x") : null)] },
    };
    const scaleX = { time: true, range: () => this.range ?? [0, 1] };
    const axis = { stroke: colour("ink-faint"), grid: { stroke: colour("hair"), width: 1 }, ticks: { show: false }, font: `12px ${style.fontFamily}` };
    const figures = { ...axis, size: 44, values: (_, ticks) => ticks.map((tick) => people(Math.abs(tick))), incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000], space: 28 };
    const hours = { ...axis, space: 54, values: (_, ticks) => ticks.map((tick) => clockTime(tick * 1000, timeZone)), incrs: [HOUR, 2 * HOUR, 3 * HOUR, 4 * HOUR, 6 * HOUR], grid: { show: false } };
    const bar = (label, name, pattern) => ({
      label, width: pattern === "measured" ? 0 : 1, stroke: colour(name), points: { show: false }, fill: PATTERNS[pattern](colour(name), colour("card")),
      paths: uPlot.paths.bars({ size: [0.82, 60], align: 1 }),
    });
    const missing = PATTERNS.missing(colour("ink-faint"));
    this.inside = new uPlot({
      ...shared,
      scales: { x: scaleX, y: { range: (_, low, high) => [0, Math.max(4, (high ?? 0) * 1.12)] } },
      axes: [{ ...hours, show: false }, figures],
      series: [{}, { label: "inside", stroke: colour("inside"), width: 2, fill: colour("inside-fill"), points: { show: false } }],
    }, [[], []], this.plot);
    this.flow = new uPlot({
      ...shared,
      scales: { x: scaleX, y: { range: (_, low, high) => [Math.min(-2, (low ?? 0) * 1.15), Math.max(2, (high ?? 0) * 1.15)] } },
      axes: [hours, figures],
      series: [{}, ...KINDS_OF_BARS.flatMap((kind) => [bar(`in, ${kind}`, "in", kind), bar(`out, ${kind}`, "out", kind)])],
      hooks: { ...shared.hooks, drawAxes: [(plot) => drawMissing(plot, this.curve, this.now, missing)] },
    }, [[], ...KINDS_OF_BARS.flatMap(() => [[], []])], this.plot);
  }

  // As high as the list of doors beside it, within reason; where it stands above that list, as the style sheet says.
  #size() {
    const least = parseFloat(getComputedStyle(this.plot).minHeight) || 260;
    const beside = this.doors && this.doors.offsetTop === this.element.offsetTop;
    const room = beside ? this.doors.offsetHeight - (this.plot.offsetTop - this.element.offsetTop) : 0;
    const height = Math.min(Math.max(least, room), MOST_HEIGHT);
    return { width: this.plot.clientWidth || 300, height: Math.floor(height / 2) };
  }

  #resize() {
    if (!this.flow || !this.plot.clientWidth) return;
    const size = this.#size();
    if (size.width === this.flow.width && size.height === this.flow.height) return;
    this.inside.setSize(size);
    this.flow.setSize(size);
  }

  // In words, what the pointer is at; the running quarter where it is nowhere.
  #read(seconds) {
    const { start, step, timeZone } = this.curve ?? {};
    if (start === undefined) return;
    const running = Math.floor((this.now - start) / step);
    const index = seconds === null ? running : Math.floor((seconds - start) / step);
    if (!(index >= 0 && index < this.curve.in.length) || index > running) {
      this.readout.textContent = "";
      return;
    }
    const from = clockTime((start + index * step) * 1000, timeZone);
    const to = index === running ? "now" : clockTime((start + (index + 1) * step) * 1000, timeZone);
    const known = this.curve.in[index] !== null;
    const words = known ? `${people(this.curve.in[index])} in, ${people(this.curve.out[index])} out` : "not known";
    const kind = kindOf(this.curve.quality[index]);
    const coverage = this.curve.coverage[index];
    const doubts = [
      known && kind !== "measured" ? `partly ${kind}` : "",
      this.curve.partial.includes(index) ? "some lines not known" : "",
      coverage !== null && coverage < 1 ? `read ${Math.floor(coverage * 100)} % of the time` : "",
    ].filter(Boolean);
    this.readout.textContent = `${from} to ${to}: ${[words, ...doubts].join(", ")}`;
  }
}

// The hours worth looking at: from an hour before the first people, but never fewer than some.
function hoursShown(curve, now) {
  const first = curve.in.findIndex((value, index) => value > 0 || curve.out[index] > 0);
  const begun = curve.start + Math.max(0, first) * curve.step - HOUR / 2;
  const end = curve.start + curve.in.length * curve.step;
  let to = Math.min(end, Math.ceil((now + HOUR / 2 - curve.start) / HOUR) * HOUR + curve.start);
  let from = Math.max(curve.start, Math.floor((begun - curve.start) / HOUR) * HOUR + curve.start);
  if (first < 0) from = Math.max(curve.start, to - LEAST_HOURS * HOUR);
  if (to - from < LEAST_HOURS * HOUR) from = Math.max(curve.start, to - LEAST_HOURS * HOUR);
  if (to - from < LEAST_HOURS * HOUR) to = Math.min(end, from + LEAST_HOURS * HOUR);
  return [from, to];
}

// From the figure of now backwards: so the curve ends at what the page shows. Where a quarter is not known, what was
// before it cannot be told that way; nor what was before somebody counted the people inside: there the line begins.
export function insideLine(curve, now) {
  const running = Math.min(curve.in.length - 1, Math.floor((now - curve.start) / curve.step));
  const since = Date.parse(curve.occupancySince) / 1000;
  const counted = curve.countedByHandAt ? Date.parse(curve.countedByHandAt) / 1000 : -Infinity;
  const times = [Math.max(now, curve.start)];
  const values = [curve.occupancy];
  let inside = curve.occupancy;
  const add = (at, value) => {
    times.unshift(at);
    values.unshift(value === null ? null : Math.max(0, Math.round(value)));
  };
  for (let index = running; index >= 0 && inside !== null; index -= 1) {
    const at = curve.start + index * curve.step;
    const known = curve.in[index] !== null;
    const more = curve.in[index] - curve.out[index];
    if (at < counted && known && counted < times[0]) add(counted, inside - (more * (times[0] - counted)) / (times[0] - at));
    inside = !known || at < since || at < counted ? null : inside - more;
    add(at, inside);
  }
  return [times, values];
}

const KINDS_OF_BARS = ["measured", "from the camera's history", "estimated"];

// Told apart by their pattern and not by colour alone: full, with dots, with stripes.
const PATTERNS = {
  measured: (ink) => ink,
  "from the camera's history": (ink, ground) => tile(6, (context) => {
    context.fillStyle = ink;
    context.fillRect(0, 0, 6, 6);
    context.fillStyle = ground;
    context.beginPath();
    context.arc(3, 3, 1.4, 0, 2 * Math.PI);
    context.fill();
  }),
  estimated: (ink, ground) => tile(6, (context) => {
    context.fillStyle = ground;
    context.fillRect(0, 0, 6, 6);
    stripes(context, ink, 2);
  }),
  missing: (ink) => tile(6, (context) => stripes(context, ink, 0.7)),
};

function tile(size, paint) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const context = canvas.getContext("2d");
  paint(context);
  return context.createPattern(canvas, "repeat");
}

function stripes(context, ink, width) {
  context.strokeStyle = ink;
  context.lineWidth = width;
  context.beginPath();
  for (const shift of [-6, 0, 6]) {
    context.moveTo(shift - 1, 7);
    context.lineTo(shift + 7, -1);
  }
  context.stroke();
}

function kindOf(quality) {
  if (quality === "back-filled" || quality === "corrected") return "from the camera's history";
  return quality === "estimated" ? "estimated" : "measured";
}

function bars(curve) {
  const times = curve.in.map((_, index) => curve.start + index * curve.step);
  const kinds = curve.quality.map(kindOf);
  const pick = (values, sign, wanted) =>
    values.map((value, index) => (value !== null && kinds[index] === wanted ? sign * value : null));
  return [times, ...KINDS_OF_BARS.flatMap((kind) => [pick(curve.in, 1, kind), pick(curve.out, -1, kind)])];
}

// What is over and not known is a gap with a mark of its own, and no zero.
function missingSpans(curve, now) {
  return spans(curve, now, (index) => curve.in[index] === null);
}

function spans(curve, now, wanted) {
  const found = [];
  curve.in.forEach((_, index) => {
    const from = curve.start + index * curve.step;
    if (from + curve.step > now || !wanted(index)) return;
    if (found.length && found.at(-1)[1] === from) found.at(-1)[1] = from + curve.step;
    else found.push([from, from + curve.step]);
  });
  return found;
}

function drawMissing(plot, curve, now, pattern) {
  if (!curve) return;
  const { top, height, left, width } = plot.bbox;
  plot.ctx.save();
  plot.ctx.beginPath();
  plot.ctx.rect(left, top, width, height);
  plot.ctx.clip();
  plot.ctx.fillStyle = pattern;
  plot.ctx.globalAlpha = 0.55;
  for (const [from, to] of missingSpans(curve, now)) {
    const begin = plot.valToPos(from, "x", true);
    plot.ctx.fillRect(begin, top, plot.valToPos(to, "x", true) - begin, height);
  }
  plot.ctx.restore();
}

// The same in words, for whoever cannot see the patterns.
function doubts(curve, now) {
  const told = [
    ["Not known", missingSpans(curve, now)],
    ["Estimated", spans(curve, now, (index) => curve.in[index] !== null && kindOf(curve.quality[index]) === "estimated")],
    ["From the camera's history", spans(curve, now, (index) => curve.in[index] !== null && kindOf(curve.quality[index]) === "from the camera's history")],
  ];
  const clock = (seconds) => clockTime(seconds * 1000, curve.timeZone);
  return told
    .filter(([, found]) => found.length)
    .map(([words, found]) => `${words}: ${listed(found.map(([from, to]) => `${clock(from)} to ${clock(to)}`))}.`)
    .join(" ");
}

const MOST_SPANS = 4;

function listed(texts) {
  if (texts.length <= MOST_SPANS) return texts.join(", ");
  return `${texts.slice(0, MOST_SPANS).join(", ")} and ${texts.length - MOST_SPANS} more times`;
}
