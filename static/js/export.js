// A large file, with how far it is: its rows come in order of time. Without scripts it is an ordinary download.

import { people, perCent } from "./format.js";
import { _ } from "./words.js";

const MEGABYTE = 1e6;
const ENDS_OF_LINES = /\n(\d{4}-\d\d-\d\dT[^,]+),/g;

class Export {
  constructor(link) {
    this.link = link;
    this.begin = Date.parse(link.dataset.from);
    this.end = Date.parse(link.dataset.until);
    this.box = document.getElementById(link.dataset.streamed);
    this.bar = this.box.querySelector("progress");
    this.words = this.box.querySelector("[role=status]");
    this.stop = this.box.querySelector("button");
    this.stop.addEventListener("click", () => this.aborted?.abort());
    link.addEventListener("click", (event) => {
      event.preventDefault();
      if (!this.aborted) this.#load();
    });
  }

  async #load() {
    this.aborted = new AbortController();
    this.box.hidden = false;
    this.stop.hidden = false;
    this.#tell(0, 0);
    let reference = "";
    try {
      const answer = await fetch(this.link.href, { signal: this.aborted.signal });
      reference = answer.headers.get("X-Request-Id") ?? "";
      if (!answer.ok) throw new Error(answer.statusText);
      this.#keep(await this.#read(answer), nameIn(answer));
    } catch {
      this.words.textContent = this.aborted.signal.aborted ? _("Stopped.") : brokenOff(reference);
    }
    this.stop.hidden = true;
    this.aborted = null;
  }

  async #read(answer) {
    const parts = [];
    const decoder = new TextDecoder();
    let size = 0;
    for (const reader = answer.body.getReader(); ;) {
      const { done, value } = await reader.read();
      if (done) return parts;
      parts.push(value);
      size += value.length;
      const last = [...decoder.decode(value, { stream: true }).matchAll(ENDS_OF_LINES)].at(-1);
      if (last) this.share = (Date.parse(last[1]) - this.begin) / (this.end - this.begin);
      this.#tell(Math.min(1, Math.max(0, this.share ?? 0)), size);
    }
  }

  #keep(parts, name) {
    const address = URL.createObjectURL(new Blob(parts, { type: "text/csv" }));
    Object.assign(document.createElement("a"), { href: address, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
    this.bar.value = 1;
    this.words.textContent = _("%(name)s is done.", { name });
  }

  #tell(share, size) {
    this.bar.value = share;
    this.words.textContent = _("%(share)s, %(size)s MB so far", { share: perCent(Math.floor(share * 100) / 100), size: people(Math.round(size / MEGABYTE)) });
  }
}

// The reference is what the log calls the request, where the service answered at all.
function brokenOff(reference) {
  return reference
    ? _("The file broke off. Try again in a moment. Its reference is %(reference)s.", { reference })
    : _("The file broke off. Try again in a moment.");
}

function nameIn(answer) {
  return /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") ?? "")?.[1] ?? "counts.csv";
}

for (const link of document.querySelectorAll("a[data-streamed]")) new Export(link);
