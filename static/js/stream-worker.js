// One connection for all tabs of a browser: over HTTP/1.1 a browser opens six to a server, and no seventh tab would
// hear anything. Lives as long as any of the tabs.

import { LiveConnection } from "./connection.js";

const BEAT = 5_000;
// A tab that was closed says so, one that crashed does not. Hidden ones may be slowed down to one turn a minute.
const FORGET = 300_000;

const ports = new Map();
const connection = new LiveConnection("/events", {
  heard(kind, event) {
    tell({ kind, event });
  },
  changed() {
    tell(standing());
  },
});

function standing() {
  return { state: connection.state, lostAt: connection.lostAt };
}

function tell(message) {
  for (const port of ports.keys()) port.postMessage(message);
}

self.addEventListener("connect", ({ ports: [port] }) => {
  port.addEventListener("message", ({ data }) => {
    if (data === "gone") ports.delete(port);
    else ports.set(port, Date.now());
  });
  port.start();
  ports.set(port, Date.now());
  port.postMessage(standing());
  if (!connection.source && connection.state === "connecting") connection.open();
});

setInterval(() => connection.watch(), 1_000);
setInterval(() => {
  const now = Date.now();
  for (const [port, heardAt] of ports) if (now - heardAt > FORGET) ports.delete(port);
  tell(standing());
}, BEAT);
