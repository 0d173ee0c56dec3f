// Says that a camera is being asked, which may take a while, and keeps the form from being sent twice.

for (const form of document.querySelectorAll("form[data-asking]")) {
  form.addEventListener("submit", () => {
    const told = form.querySelector(".asking");
    told.hidden = false;
    told.textContent = form.dataset.asking;
    // Once the form is on its way: a button that is off is not sent along.
    setTimeout(() => form.querySelectorAll("button").forEach((button) => { button.disabled = true; }));
  });
}

// Back from the next page, as it was left: nothing is asked any more.
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("form[data-asking]")) {
    form.querySelector(".asking").hidden = true;
    form.querySelectorAll("button").forEach((button) => { button.disabled = false; });
  }
});
