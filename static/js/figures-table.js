// Rows of people in and out, as the tables beside charts show them.

import { morph } from "./morph.js";

// Each row has `from` (when it begins), `figures` (as they are written) and `notes`: of what quality, in what words.
export function listFigures(body, rows) {
  const fresh = document.createDocumentFragment();
  for (const { from, figures, notes } of rows) {
    const row = fresh.appendChild(document.createElement("tr"));
    const cell = (name, text, kind) => Object.assign(row.appendChild(document.createElement(name)), { textContent: text, className: kind });
    cell("th", from, "").scope = "row";
    for (const figure of figures) cell("td", figure, "number");
    cell("td", "", "sure").append(...notes.map(marked));
  }
  morph(body, fresh);
}

// With the mark that it has in the chart.
function marked({ quality, words }) {
  const note = Object.assign(document.createElement("span"), { textContent: words, className: "doubt" });
  note.dataset.quality = quality;
  return note;
}
