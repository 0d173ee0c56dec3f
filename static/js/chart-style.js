// How charts look: colours of the page, and letters as large as the browser's text size says.

const LETTERS = 0.75; // rem

// `colour` gives one of the page's colours by name, `scaled` makes room for letters of what 16 px letters would need.
export function chartStyle() {
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
