// A screen on a wall: stays awake, fills the screen when asked to, and hides a mouse that is not moved.

const IDLE = 4_000;

const button = document.getElementById("whole-screen");
let idle = 0;

async function stayAwake() {
  try {
    if (!document.hidden) await navigator.wakeLock?.request("screen");
  } catch {
    // Low on battery, or not allowed: then it sleeps as it is set to.
  }
}

function moved() {
  document.documentElement.classList.remove("is-idle");
  clearTimeout(idle);
  idle = setTimeout(() => document.documentElement.classList.add("is-idle"), IDLE);
}

if (document.fullscreenEnabled) {
  button.hidden = false;
  button.addEventListener("click", () => document.documentElement.requestFullscreen().catch(() => {}));
  document.addEventListener("fullscreenchange", () => { button.hidden = Boolean(document.fullscreenElement); });
}
document.addEventListener("visibilitychange", stayAwake);
for (const kind of ["mousemove", "keydown", "touchstart"]) document.addEventListener(kind, moved, { passive: true });
stayAwake();
moved();
