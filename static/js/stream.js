// A tab's part of the stream: every event once and in order, whoever of the tabs holds the connection.
//
// Where there are shared workers, one holds it. Else the tabs elect one of them by a lock, and it tells the others over
// a channel. Where there is neither, each tab has a connection of its own.

import { LiveConnection, answer } from "./connection.js";

const NAME = "peoplecount-stream";
// Whoever holds the connection gives a sign of life every 5 s.
const PATIENCE = 20_000;
const START_PATIENCE = 5_000;
const BEAT = 5_000;
const CATCH_UP_PATIENCE = 20_000;
// Between two attempts to catch up: 1 to 2 s at first, 16 s at most.
const CATCH_UP_PAUSE = 2_000;
const LONGEST_PAUSE = 16_000;
// What comes meanwhile waits; whoever has that much to hear begins with a snapshot instead.
const MOST_WAITING = 5_000;

export class TabStream {
  // Tabs of one `version` share a connection: after an upgrade, those that have loaded again must not hear by an old program.
  constructor(address, { heard, changed }, lastId, version) {
    this.name = `${NAME}-${version}`;
    this.address = address;
    this.heard = heard;
    this.changed = changed;
    this.state = "connecting";
    this.lostAt = 0;
    this.lastId = lastId;
    this.heardAt = Date.now();
    this.standing = null;
    this.isCatchingUp = false;
    // Whether a snapshot is to be asked for next, whatever was heard.
    this.isAnew = false;
    // Since when events are known to be missing that were asked for in vain; 0: none are.
    this.missingSince = 0;
    this.isBehindGap = false;
    this.waiting = [];
  }

  open() {
    this.heardAt = Date.now();
    this.hasHeard = false;
    if (globalThis.SharedWorker && !this.isWithoutWorker) this.#share();
    else if (globalThis.BroadcastChannel && navigator.locks) this.#elect();
    else this.#hold();
  }

  // With a snapshot, whatever has been heard so far.
  renew() {
    this.isAnew = true;
    this.#catchUp();
  }

  // Once a second.
  watch() {
    this.own?.watch();
    if (this.own) return;
    const silence = Date.now() - this.heardAt;
    if (this.port && this.state === "connecting" && !this.hasHeard && silence > START_PATIENCE) {
      this.isWithoutWorker = true;
      this.#reopen();
    } else if (silence > PATIENCE) {
      this.standing = { state: "lost", lostAt: Date.now() };
      this.#show();
      this.#reopen();
    }
  }

  // The tab is looked at again: a phone may have slept for hours.
  wake() {
    if (this.own) this.own.watch();
    else if (Date.now() - this.heardAt > PATIENCE / 2) this.#reopen();
  }

  leave() {
    this.port?.postMessage("gone");
  }

  #reopen() {
    this.leave();
    this.port = null;
    this.open();
  }

  #share() {
    const worker = new SharedWorker(new URL("./stream-worker.js", import.meta.url), { type: "module", name: this.name });
    this.port = worker.port;
    const port = worker.port;
    worker.addEventListener("error", () => {
      if (this.port !== port || this.hasHeard) return;
      this.isWithoutWorker = true;
      this.#reopen();
    });
    port.addEventListener("message", ({ data }) => this.port === port && this.#receive(data));
    port.start();
    clearInterval(this.timer);
    this.timer = setInterval(() => port.postMessage("here"), BEAT);
  }

  #elect() {
    if (this.channel) {
      this.channel.postMessage("hello");
      return;
    }
    this.channel = new BroadcastChannel(this.name);
    this.channel.addEventListener("message", ({ data }) => {
      if (data !== "hello") this.#receive(data);
      else if (this.own) this.channel.postMessage(this.#standing());
    });
    this.channel.postMessage("hello");
    // Held until this tab is closed; then the next one goes on where that one was.
    navigator.locks.request(this.name, () => new Promise(() => {
      this.#hold();
      setInterval(() => this.channel.postMessage(this.#standing()), BEAT);
    }));
  }

  #hold() {
    this.own = new LiveConnection(this.address, {
      heard: (kind, event) => this.#pass({ kind, event }),
      changed: () => this.#pass(this.#standing()),
    }, this.hasHeard ? this.lastId : "");
    this.own.open();
  }

  #standing() {
    return { state: this.own.state, lostAt: this.own.lostAt };
  }

  #pass(message) {
    this.channel?.postMessage(message);
    this.#receive(message);
  }

  #receive(message) {
    this.heardAt = Date.now();
    if (message.kind) {
      if (this.isCatchingUp) this.#keep(message);
      else this.#take(message.kind, message.event);
    } else {
      this.#stand(message);
    }
    this.hasHeard = true;
  }

  #keep(message) {
    this.waiting.push(message);
    if (this.waiting.length <= MOST_WAITING) return;
    this.waiting = [];
    this.isAnew = true;
  }

  // Whoever joins others has missed what they heard since this page was made.
  #stand(standing) {
    const joins = !this.own && !this.hasHeard && standing.state !== "connecting";
    this.standing = standing;
    this.#show();
    if (joins) this.#catchUp();
  }

  // The connection may be well while this tab has yet to hear what it missed.
  #show() {
    if (this.missingSince) this.#become("lost", this.missingSince);
    else if (this.standing) this.#become(this.standing.state, this.standing.lostAt);
  }

  // Until it is done, whatever else is heard waits: an event that was taken before those it follows would hide them.
  async #catchUp() {
    if (this.isCatchingUp) return;
    this.isCatchingUp = true;
    for (let pause = CATCH_UP_PAUSE; !await this.#hasCaughtUp(); pause = Math.min(2 * pause, LONGEST_PAUSE)) {
      this.missingSince ||= Date.now();
      this.#show();
      await new Promise((resolve) => { setTimeout(resolve, pause * (0.5 + Math.random() / 2)); });
    }
    this.isCatchingUp = false;
    this.missingSince = 0;
    for (const { kind, event } of this.waiting.splice(0)) this.#take(kind, event);
    this.#show();
  }

  // One attempt; the next one goes on where it came to.
  async #hasCaughtUp() {
    try {
      let more = true;
      while (more || this.isAnew) {
        if (this.isAnew) this.lastId = "";
        this.isAnew = false;
        const query = this.lastId ? `&lastEventId=${encodeURIComponent(this.lastId)}` : "";
        const told = await answer(`${this.address}?timeout=0${query}`, CATCH_UP_PATIENCE);
        for (const event of told.events) this.#take(event.kind, event);
        this.lastId = told.next ?? this.lastId;
        more = told.more;
      }
      return true;
    } catch {
      return false;
    }
  }

  #take(kind, event) {
    if (kind === "gap") this.isBehindGap = true;
    if (event.id) {
      const isKnown = this.lastId && !this.isBehindGap && !isAfter(event.id, this.lastId, kind === "snapshot");
      if (isKnown) return;
      this.isBehindGap = false;
      this.lastId = event.id;
    }
    this.heard(kind, event);
  }

  #become(state, lostAt) {
    this.lostAt = lostAt;
    if (this.state === state) return;
    this.state = state;
    this.changed(state);
  }
}

// Numbers grow within an epoch; epochs are not ordered, and another one is always news.
function isAfter(id, other, orEqual) {
  const [epoch, number] = id.split("-");
  const [otherEpoch, otherNumber] = other.split("-");
  if (epoch !== otherEpoch) return true;
  return orEqual ? Number(number) >= Number(otherNumber) : Number(number) > Number(otherNumber);
}
