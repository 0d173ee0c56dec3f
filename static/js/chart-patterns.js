// What fills bars and gaps.

// Told apart by their pattern and not by colour alone.
export const PATTERNS = {
  measured: (ink) => ink,
  "from the camera's history": (ink, ground) => tile(6, (context) => {
    context.fillStyle = ink;
    context.fillRect(0, 0, 6, 6);
    context.fillStyle = ground;
    context.beginPath();
    context.arc(3, 3, 1.4, 0, 2 * Math.PI);
    context.fill();
  }),
  estimated: (ink, ground) => tile(6, (context) => {
    context.fillStyle = ground;
    context.fillRect(0, 0, 6, 6);
    stripes(context, ink, 2);
  }),
  missing: (ink) => tile(6, (context) => stripes(context, ink, 0.7)),
  // Behind the bars: lines that lie.
  part: (ink) => tile(6, (context) => {
    context.fillStyle = ink;
    context.fillRect(0, 2, 6, 1);
  }),
};

function tile(size, paint) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const context = canvas.getContext("2d");
  paint(context);
  return context.createPattern(canvas, "repeat");
}

function stripes(context, ink, width) {
  context.strokeStyle = ink;
  context.lineWidth = width;
  context.beginPath();
  for (const shift of [-6, 0, 6]) {
    context.moveTo(shift - 1, 7);
    context.lineTo(shift + 7, -1);
  }
  context.stroke();
}
