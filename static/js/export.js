// Files that are exported, with how far they are. Without scripts they are ordinary downloads.

import { perCent } from "./format.js";
import { FORMATS, _ } from "./words.js";

const MEGABYTE = 1e6;
const ENDS_OF_LINES = /\n(\d{4}-\d\d-\d\dT[^,]+),/g;
const sizes = new Intl.NumberFormat(FORMATS, { minimumFractionDigits: 1, maximumFractionDigits: 1 });

class Export {
  constructor(link, box) {
    this.link = link;
    this.box = box;
    this.bar = box.querySelector("progress");
    this.soFar = box.querySelector(".so-far");
    this.words = box.querySelector("[role=status]");
    this.stop = box.querySelector("button");
    this.stop.addEventListener("click", () => this.aborted?.abort());
    link.addEventListener("click", (event) => {
      event.preventDefault();
      if (!this.aborted) this.#load();
    });
  }

  async #load() {
    this.aborted = new AbortController();
    this.#begin();
    let reference = "";
    try {
      const answer = await fetch(this.link.href, { signal: this.aborted.signal });
      reference = answer.headers.get("X-Request-Id") ?? "";
      if (answer.ok) this.#keep(await this.#read(answer), answer);
      else this.#end(refusal(answer.status));
    } catch {
      this.#end(this.aborted.signal.aborted ? _("Stopped.") : brokenOff(reference));
    }
    this.aborted = null;
  }

  #begin() {
    this.box.hidden = this.stop.hidden = this.bar.hidden = false;
    this.bar.removeAttribute("value");
    this.soFar.textContent = "";
    this.words.textContent = _("The file is being made.");
  }

  async #read(answer) {
    const parts = [];
    const shareOf = gauge(this.link.dataset, answer.headers);
    let size = 0;
    this.words.textContent = "";
    for (const reader = answer.body.getReader(); ;) {
      const { done, value } = await reader.read();
      if (done) return parts;
      parts.push(value);
      size += value.length;
      this.#tell(shareOf(value), sizes.format(size / MEGABYTE));
    }
  }

  #tell(share, size) {
    if (share !== null) this.bar.value = share;
    this.soFar.textContent = share === null
      ? _("%(size)s MB so far", { size })
      : _("%(share)s, %(size)s MB so far", { share: perCent(Math.floor(share * 100) / 100), size });
  }

  #keep(parts, answer) {
    const name = nameIn(answer.headers);
    const address = URL.createObjectURL(new Blob(parts, { type: answer.headers.get("Content-Type") }));
    Object.assign(document.createElement("a"), { href: address, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
    this.bar.value = 1;
    this.#end(_("%(name)s is done.", { name }));
  }

  #end(words) {
    this.stop.hidden = true;
    this.bar.hidden = !this.bar.hasAttribute("value");
    this.soFar.textContent = "";
    this.words.textContent = words;
  }
}

// The reference is what the log calls the request, where the service answered at all.
function brokenOff(reference) {
  return reference
    ? _("The file broke off. Try again in a moment. Its reference is %(reference)s.", { reference })
    : _("The file broke off. Try again in a moment.");
}

// What tells, as the parts of a file come, how far it is: a share of one, or null where nobody knows.
function gauge({ from, until }, headers) {
  if (from) return byTime(Date.parse(from), Date.parse(until));
  return headers.has("Content-Encoding") ? () => null : byLength(Number(headers.get("Content-Length")));
}

// Rows come in order of time.
function byTime(begin, end) {
  const decoder = new TextDecoder();
  let share = 0;
  return (part) => {
    const last = [...decoder.decode(part, { stream: true }).matchAll(ENDS_OF_LINES)].at(-1);
    if (last) share = (Date.parse(last[1]) - begin) / (end - begin);
    return Math.min(1, Math.max(0, share));
  };
}

function byLength(length) {
  let size = 0;
  return (part) => {
    size += part.length;
    return length ? Math.min(1, size / length) : null;
  };
}

function refusal(status) {
  return status === 401 ? _("You are not signed in any more. Load this page again.") : _("The file cannot be made just now. Try again in a moment.");
}

function nameIn(headers) {
  return /filename="([^"]+)"/.exec(headers.get("Content-Disposition") ?? "")?.[1] ?? "counts.csv";
}

const template = document.getElementById("export-progress");
for (const link of document.querySelectorAll("a[data-export]")) {
  const box = template.content.firstElementChild.cloneNode(true);
  link.closest(".exports").after(box);
  new Export(link, box);
}
