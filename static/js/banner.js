// Tells that the live connection is lost, and that it is back.

import { age } from "./format.js";

// A service that restarts, or a network that changes, is back before this; nobody needs to hear of it.
const PATIENCE = 1_500;
const CONFIRM = 4_000;

export class Banner {
  constructor({ banner, announcer, connection, words }) {
    this.banner = banner;
    this.announcer = announcer;
    this.connection = connection;
    this.words = words;
    this.timer = 0;
    this.shown = false;
  }

  state(state) {
    this.connection.dataset.state = state;
    this.words.textContent = { live: "Live", lost: "Not live", connecting: "Connecting" }[state];
    if (state === "live") this.#back();
  }

  // Once a second while the connection is lost.
  lost(since) {
    const gone = Date.now() - since;
    if (gone < PATIENCE) return;
    this.banner.textContent = `Live connection lost ${age(gone / 1000)}, reconnecting…`;
    if (this.shown) return;
    clearTimeout(this.timer);
    this.shown = true;
    document.body.dataset.live = "lost";
    this.banner.dataset.kind = "lost";
    this.banner.hidden = false;
    this.announcer.textContent = "Live connection lost. The figures are not current.";
  }

  #back() {
    if (!this.shown) return;
    this.shown = false;
    document.body.dataset.live = "live";
    this.banner.dataset.kind = "back";
    this.banner.textContent = "Live again. The figures are current.";
    this.announcer.textContent = this.banner.textContent;
    this.timer = setTimeout(() => { this.banner.hidden = true; }, CONFIRM);
  }
}
