// How charts look: colours of the page, and letters as large as the browser's text size says.

const LETTERS = 0.75; // rem

// A sheet of A4 or Letter paper between its margins, in px.
export const PAPER_WIDTH = 700;

// On `plot` stands for which colours it is drawn: paper has others. `colour` gives one of the page's colours by name, `scaled` makes room for letters of what 16 px letters would need.
export function chartStyle(plot) {
  plot.dataset.scheme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  const style = getComputedStyle(document.body);
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  const scaled = (pixels) => Math.round((pixels * rem) / 16);
  const axis = {
    stroke: colour("ink-faint"), grid: { stroke: colour("hair"), width: 1 }, ticks: { show: false },
    font: `${LETTERS * rem}px ${style.fontFamily}`,
  };
  return { colour, scaled, axis };
}
