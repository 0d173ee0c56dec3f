// The tab of the page: many stand side by side for days, and are told apart by their titles and icons alone. The service
// renders the same title (templates/dashboard.html).

import { fullnessWords, people } from "./format.js";
import { fullness } from "./fullness.js";
import { _ } from "./words.js";

// Nobody reads a tab more often.
const BETWEEN = 1_000;

export class Tab {
  #shownAt = -Infinity;

  constructor(board) {
    this.board = board;
    this.connection = document.getElementById("connection");
    this.icon = document.querySelector("link[rel='icon']");
    this.usualIcon = this.icon.getAttribute("href");
  }

  show() {
    const now = performance.now();
    if (now - this.#shownAt < BETWEEN) return;
    this.#shownAt = now;
    const title = this.#title();
    if (document.title !== title) document.title = title;
    const icon = this.#warns() ? this.icon.dataset.warning : this.usualIcon;
    if (this.icon.getAttribute("href") !== icon) this.icon.setAttribute("href", icon);
  }

  #title() {
    const alerts = document.querySelector(".alerts-open")?.dataset.number;
    const told = this.#told().filter(Boolean).join(" · ");
    return `${alerts ? `(${alerts}) ` : ""}${told ? `${told} – ` : ""}Peoplecount`;
  }

  #told() {
    const sites = [...this.board.sites.values()];
    const name = sites.length > 1 ? _("All sites") : sites[0]?.siteName;
    if (isOld()) return [this.connection.dataset.state === "out" ? _("Signed out") : _("Not live"), name];
    if (sites.length !== 1) return [name];
    const [{ occupancy }] = sites;
    return [fullnessWords(fullness(sites[0])), occupancy === null ? "" : people(occupancy), name];
  }

  #warns() {
    const isFull = [...this.board.sites.values()].some((site) => fullness(site) === "full");
    return isOld() || isFull || document.querySelector(".alerts-open li:not([data-seen])") !== null;
  }
}

// As the banner says.
function isOld() {
  return document.body.dataset.live === "lost";
}
