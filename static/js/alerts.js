// What is wrong now, above the figures: the service renders it anew where an alert begins, changes or is over.

import { morph } from "./morph.js";
import { _ } from "./words.js";

// The event comes a moment before the service has written it down.
const SOON = 500;
const LATER = 4_000;

export class OpenAlerts {
  // `announcer` is read out; of the list itself only what is new would interest whoever listens.
  constructor(element, announcer) {
    this.element = element;
    this.announcer = announcer;
    this.timers = [];
  }

  changed() {
    if (!this.element) return;
    this.timers.forEach(clearTimeout);
    this.timers = [SOON, LATER].map((delay) => setTimeout(() => this.#load(), delay));
  }

  async #load() {
    try {
      const answer = await fetch(this.element.dataset.alerts, { headers: { Accept: "text/html" }, cache: "no-store" });
      if (answer.ok) this.#show(await answer.text());
    } catch {
      // The connection is lost, which the banner tells already.
    }
  }

  #show(html) {
    const fresh = document.createElement("template");
    fresh.innerHTML = html;
    const known = this.#sentences();
    morph(this.element, fresh.content);
    const news = this.#sentences().filter((sentence) => !known.includes(sentence));
    if (news.length) this.announcer.textContent = _("New alert: %(words)s", { words: news.join(" ") });
  }

  #sentences() {
    return [...this.element.querySelectorAll(".what")].map((element) => element.textContent);
  }
}
