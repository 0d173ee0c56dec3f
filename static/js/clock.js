// The service's clock, as far as its messages tell it. Computers on the network disagree by minutes, and a demo may
// play time faster than it passes; so ages are counted from what the service says, not from this computer's clock.

export class ServerClock {
  constructor() {
    this.heard = Date.now();
    this.heardAt = performance.now();
    this.speed = 1;
  }

  set(milliseconds, speed = this.speed) {
    this.heard = milliseconds;
    this.heardAt = performance.now();
    this.speed = speed;
  }

  now() {
    return this.heard + (performance.now() - this.heardAt) * this.speed;
  }
}
