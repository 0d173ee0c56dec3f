// Tells that the live connection is lost, and that it is back.

import { age } from "./format.js";
import { _ } from "./words.js";

// A service that restarts, or a network that changes, is back before this; nobody needs to hear of it.
const PATIENCE = 1_500;
const CONFIRM = 4_000;

export class Banner {
  // `trouble`: why figures are not renewed although they arrive, as the board knows it; empty: they are.
  constructor({ banner, announcer, connection, words, trouble }) {
    this.trouble = trouble;
    this.banner = banner;
    this.announcer = announcer;
    this.connection = connection;
    this.words = words;
    this.timer = 0;
    this.shown = false;
  }

  state(state) {
    this.connection.dataset.state = state;
    this.words.textContent = { live: _("Live"), asking: _("Live, asked for"), lost: _("Not live"), out: _("Signed out"), connecting: _("Connecting") }[state];
    if (state === "live" || state === "asking") this.#back();
    this.#slowly(state === "asking");
    if (state === "out") this.#out();
  }

  // Once a second while the connection is lost.
  lost(since) {
    const gone = Date.now() - since;
    if (gone < PATIENCE) return;
    this.banner.textContent = _("Live connection lost %(age)s, reconnecting…", { age: age(gone / 1000) });
    if (this.shown) return;
    clearTimeout(this.timer);
    this.shown = true;
    document.body.dataset.live = "lost";
    this.banner.dataset.kind = "lost";
    this.banner.hidden = false;
    this.announcer.textContent = _("Live connection lost. The figures are not current.");
  }

  // The session is over: somebody ended it, or its time is up.
  #out() {
    clearTimeout(this.timer);
    const here = encodeURIComponent(location.pathname + location.search);
    const link = Object.assign(document.createElement("a"), { href: `/sign-in?next=${here}`, textContent: _("Sign in again") });
    this.banner.replaceChildren(`${_("You are signed out, and the figures are not current.")} `, link, ".");
    this.announcer.textContent = _("You are signed out. The figures are not current.");
    this.shown = true;
    document.body.dataset.live = "lost";
    this.banner.dataset.kind = "lost";
    this.banner.hidden = false;
  }

  // Something between here and the service holds the stream back.
  #slowly(isAsking) {
    if (!isAsking) {
      if (this.banner.dataset.kind === "slow") this.banner.hidden = true;
      return;
    }
    clearTimeout(this.timer);
    this.banner.dataset.kind = "slow";
    this.banner.textContent = _("Something on the way to the service holds its live stream back, probably a proxy. This page asks for news every second instead; figures may be some seconds late.");
    this.banner.hidden = false;
  }

  #back() {
    if (!this.shown) return;
    this.shown = false;
    document.body.dataset.live = "live";
    this.#greet();
    this.timer = setTimeout(() => {
      this.banner.hidden = true;
      this.banner.dataset.kind = "";
    }, CONFIRM);
  }

  // A snapshot has come: it may be the first to tell that the figures behind the connection stand still.
  renew() {
    if (["back", "still"].includes(this.banner.dataset.kind)) this.#greet();
  }

  #greet() {
    this.banner.dataset.kind = this.trouble() ? "still" : "back";
    const words = this.trouble() ? _("Connected again, but the figures are not renewed.") : _("Live again. The figures are current.");
    if (this.banner.textContent === words) return;
    this.banner.textContent = words;
    this.announcer.textContent = words;
  }
}
