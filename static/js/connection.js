// The live connection: one EventSource, watched, and opened again where the browser would give up.

// The service says when cameras were read at least every 15 s. Twice that and a bit without a word: the line is dead,
// though nobody has told the browser.
const SILENCE = 40_000;
const REOPEN = 2_000;

const KINDS = [
  "snapshot", "gap", "readings", "goodbye", "PeopleCountingUpdate", "CountCorrection", "CounterBreak", "IntervalClosed",
  "OccupancyChanged", "CameraStatus",
];

export class LiveConnection {
  constructor(address, { heard, changed }) {
    this.address = address;
    this.heard = heard;
    this.changed = changed;
    this.state = "connecting";
    this.lastId = "";
    this.lostAt = 0;
    this.heardAt = Date.now();
    this.timer = 0;
  }

  // `fresh`: with a snapshot. Otherwise what followed the last event, if the service still has it.
  open({ fresh = false } = {}) {
    clearTimeout(this.timer);
    this.source?.close();
    if (fresh) this.lastId = "";
    const query = this.lastId ? `?lastEventId=${encodeURIComponent(this.lastId)}` : "";
    this.heardAt = Date.now();
    const source = new EventSource(this.address + query);
    this.source = source;
    for (const kind of KINDS) source.addEventListener(kind, (event) => this.#take(kind, event));
    source.addEventListener("open", () => this.#become("live"));
    source.addEventListener("error", () => {
      this.#become("lost");
      // The browser tries again by itself, except after an answer that is not a stream, such as 503.
      if (source.readyState === EventSource.CLOSED) this.timer = setTimeout(() => this.open(), REOPEN);
    });
  }

  // Once a second: a connection that is silent for too long, or a computer that has slept.
  watch() {
    if (Date.now() - this.heardAt < SILENCE) return;
    this.#become("lost");
    this.open();
  }

  // The tab is looked at again: a phone may have slept for hours.
  wake() {
    if (Date.now() - this.heardAt > SILENCE / 2) this.open();
  }

  #take(kind, event) {
    this.heardAt = Date.now();
    if (event.lastEventId) this.lastId = event.lastEventId;
    if (kind !== "goodbye") this.#become("live");
    this.heard(kind, JSON.parse(event.data));
  }

  #become(state) {
    if (this.state === state) return;
    if (state === "lost") this.lostAt = Date.now();
    const before = this.state;
    this.state = state;
    this.changed(state, before);
  }
}
