// The live connection: one EventSource, watched, and opened again where the browser would give up. Where something on
// the way holds the stream back, the same events are asked for instead. Knows nothing of the page; runs in workers, too.

// The service says when cameras were read at least every 15 s. Twice that and a bit without a word: the line is dead,
// though nobody has told the browser.
const SILENCE = 40_000;
// The first event comes at once, or within 15 s. Where the connection stands and nothing arrives, a proxy collects it.
const FIRST_PATIENCE = 20_000;
const REOPEN = 2_000;
// Somebody may sign in again in another tab.
const REOPEN_OUT = 10_000;
const ASK_SECONDS = 10;
const ASK_PATIENCE = 30_000;
const ASK_PAUSE = 1_000;
// How long to ask before the stream is tried once more: networks change.
const ASKING = 300_000;

const KINDS = [
  "snapshot", "gap", "readings", "goodbye", "PeopleCountingUpdate", "CountCorrection", "CounterBreak", "IntervalClosed",
  "OccupancyChanged", "CameraStatus", "CameraClock", "Alert",
];

export class LiveConnection {
  constructor(address, { heard, changed }, lastId = "") {
    this.address = address;
    this.heard = heard;
    this.changed = changed;
    this.state = "connecting";
    this.lastId = lastId;
    this.lostAt = 0;
    this.heardAt = Date.now();
    this.openedAt = 0;
    this.isFruitless = false;
    this.attempt = 0;
    this.timer = 0;
  }

  // What followed the last event, if the service still has it; the first time a snapshot.
  open() {
    this.#end();
    this.heardAt = this.openedAt = Date.now();
    this.isFruitless = true;
    const source = new EventSource(this.address + this.#query("?"));
    this.source = source;
    for (const kind of KINDS) source.addEventListener(kind, (event) => this.#take(kind, JSON.parse(event.data), event.lastEventId));
    source.addEventListener("open", () => this.state === "connecting" || this.#become("live"));
    source.addEventListener("error", () => {
      this.isFruitless = false;
      if (this.state !== "out") this.#become("lost");
      // The browser tries again by itself, except after an answer that is not a stream, such as 401 or 503.
      if (source.readyState === EventSource.CLOSED) this.#refused();
    });
  }

  close() {
    this.#end();
  }

  // The browser does not tell what the answer was; whoever asks for JSON sees it.
  async #refused() {
    const attempt = this.attempt;
    let isOut = false;
    try {
      const headers = { Accept: "application/json" };
      const response = await fetch(`${this.address}?timeout=0&limit=1`, { headers, cache: "no-store" });
      isOut = response.status === 401;
    } catch {
      // The service is away.
    }
    if (attempt !== this.attempt) return;
    this.#become(isOut ? "out" : "lost");
    this.timer = setTimeout(() => this.open(), isOut ? REOPEN_OUT : REOPEN);
  }

  // Once a second: a connection that is silent for too long, or a computer that has slept.
  watch() {
    if (!this.source) return;
    if (this.isFruitless && Date.now() - this.openedAt > FIRST_PATIENCE) {
      this.#ask();
    } else if (Date.now() - this.heardAt > SILENCE) {
      this.#become("lost");
      this.open();
    }
  }

  #end() {
    clearTimeout(this.timer);
    this.attempt += 1;
    this.source?.close();
    this.source = null;
  }

  #query(mark) {
    return this.lastId ? `${mark}lastEventId=${encodeURIComponent(this.lastId)}` : "";
  }

  // Long poll: an answer comes with the next event, or empty after some seconds.
  async #ask() {
    this.#end();
    const attempt = this.attempt;
    const until = Date.now() + ASKING;
    while (attempt === this.attempt && Date.now() < until) {
      try {
        await this.#askOnce(attempt);
      } catch {
        if (attempt === this.attempt) this.#become("lost");
        break;
      }
      await new Promise((resolve) => { setTimeout(resolve, ASK_PAUSE); });
    }
    if (attempt === this.attempt) this.timer = setTimeout(() => this.open(), this.state === "lost" ? REOPEN : 0);
  }

  async #askOnce(attempt) {
    const { events, next } = await answer(`${this.address}?timeout=${ASK_SECONDS}${this.#query("&")}`, ASK_PATIENCE);
    if (attempt !== this.attempt) return;
    this.#become("asking");
    for (const event of events) this.#take(event.kind, event, event.id);
    this.lastId = next ?? this.lastId;
  }

  #take(kind, event, id) {
    this.heardAt = Date.now();
    this.isFruitless = false;
    if (id) this.lastId = id;
    if (kind === "goodbye") {
      // Every stream ends now and then. The next one begins before anybody could miss it.
      this.#end();
      this.timer = setTimeout(() => this.open(), Math.random() * 500);
      return;
    }
    if (this.source) this.#become("live");
    this.heard(kind, event);
  }

  #become(state) {
    if (this.state === state) return;
    if (state === "lost") this.lostAt = Date.now();
    this.state = state;
    this.changed(state);
  }
}

// The same events as one answer in JSON.
export async function answer(address, patience) {
  const signal = AbortSignal.timeout(patience);
  const response = await fetch(address, { headers: { Accept: "application/json" }, cache: "no-store", signal });
  if (!response.ok) throw new Error(`${response.status}`);
  return response.json();
}
