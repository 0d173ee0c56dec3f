// A screen that shows its code: asks whether it is confirmed, and goes on by itself.

const EVERY = 2_000;

let timer = setInterval(look, EVERY);

async function look() {
  try {
    const answer = await fetch("/wall/pair/state", { headers: { Accept: "application/json" }, cache: "no-store" });
    if (answer.ok) {
      const { state } = await answer.json();
      if (state === "waiting" || !timer) return;
      clearInterval(timer); // asked once more meanwhile, it would hear that the code is over, and load another one
      timer = 0;
      if (state === "confirmed") location.replace("/wall/pair"); // which gives it the secret that opens its view
      else location.reload();
    }
  } catch {
    // The service is away; the code stays until it is back.
  }
}
