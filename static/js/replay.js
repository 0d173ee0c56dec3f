// The bar of a replay says how it stands; it comes to its end by itself, and somebody else may have paused it.

const EVERY = 2_000;

async function look() {
  try {
    const answer = await fetch("/replay", { headers: { Accept: "text/html" }, cache: "no-store" });
    if (answer.ok) show(await answer.text());
  } catch {
    // The service is away, which the page tells already.
  }
}

function show(html) {
  const bar = document.getElementById("replay");
  const told = new DOMParser().parseFromString(html, "text/html").getElementById("replay");
  if (!told || told.dataset.state === bar.dataset.state || bar.contains(document.activeElement)) return;
  told.querySelector("[name=next]")?.setAttribute("value", location.pathname + location.search);
  bar.replaceWith(document.adoptNode(told));
}

setInterval(look, EVERY);
