// Buttons that copy the text before them. Without scripts there are none, and the text can be chosen as ever.

import { _ } from "./words.js";

const SAID_FOR = 2000;

for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue; // pages over plain HTTP have none
  button.hidden = false;
  const usual = button.textContent;
  button.addEventListener("click", async () => {
    const text = button.parentElement.querySelector("pre").textContent;
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = _("Copied");
    } catch {
      button.textContent = _("This browser does not let pages copy");
    }
    setTimeout(() => { button.textContent = usual; }, SAID_FOR);
  });
}
