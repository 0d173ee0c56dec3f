// Loads a page again that is older than the service: after an upgrade, whoever has it open need not think of it.

const KEY = "peoplecount-reloaded-for";

export class Upgrade {
  #isLooking = false;

  constructor(version) {
    this.version = version;
  }

  async look() {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      const answer = await fetch("/version", { headers: { Accept: "application/json" }, cache: "no-store" });
      if (answer.ok) this.#compare((await answer.json()).version);
    } catch {
      // The service is away; it is asked again once it is back.
    } finally {
      this.#isLooking = false;
    }
  }

  // Once for each version: where something on the way keeps old pages, loading them again and again helps nobody.
  #compare(version) {
    if (version === this.version || sessionStorage.getItem(KEY) === version) return;
    sessionStorage.setItem(KEY, version);
    location.reload();
  }
}
