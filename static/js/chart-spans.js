// Times at which something is not known, as a pattern behind what is drawn.

export function fillSpans(plot, spans, pattern) {
  const { top, height, left, width } = plot.bbox;
  plot.ctx.save();
  plot.ctx.beginPath();
  plot.ctx.rect(left, top, width, height);
  plot.ctx.clip();
  plot.ctx.fillStyle = pattern;
  plot.ctx.globalAlpha = 0.55;
  for (const [from, to] of spans) {
    const begin = plot.valToPos(from, "x", true);
    plot.ctx.fillRect(begin, top, plot.valToPos(to, "x", true) - begin, height);
  }
  plot.ctx.restore();
}
