// Rows of people in and out, as the tables beside charts show them.

import { people } from "./format.js";
import { morph } from "./morph.js";

// Each row has `from` (when it begins), `figures` (people in and out, null where not known) and a `note`.
export function listFigures(body, rows) {
  const fresh = document.createDocumentFragment();
  for (const { from, figures, note } of rows) {
    const row = fresh.appendChild(document.createElement("tr"));
    const cell = (name, text, kind) => Object.assign(row.appendChild(document.createElement(name)), { textContent: text, className: kind });
    cell("th", from, "").scope = "row";
    for (const figure of figures) cell("td", people(figure), "number");
    cell("td", note, "sure");
  }
  morph(body, fresh);
}
