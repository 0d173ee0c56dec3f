// What is wrong now, above the figures: the service renders it anew where an alert begins, changes or is over.

// The event comes a moment before the service has written it down.
const SOON = 500;
const LATER = 4_000;

export class OpenAlerts {
  constructor(element) {
    this.element = element;
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
      if (!answer.ok) return;
      const text = (await answer.text()).trim();
      if (text === this.last) return;
      this.last = text;
      const parsed = new DOMParser().parseFromString(text, "text/html");
      this.element.replaceChildren(...parsed.body.childNodes);
    } catch {
      // The connection is lost, which the banner tells already.
    }
  }
}
