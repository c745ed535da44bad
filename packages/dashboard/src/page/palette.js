/** @typedef {ReturnType<typeof palette>} Palette */

/** The theme's colours for a canvas, which knows no variables of CSS. */
export function palette() {
  const probe = document.createElement('i');
  document.body.append(probe);
  const style = getComputedStyle(probe);
  /** @param {string} name */
  const colour = (name) => {
    probe.style.color = `var(--${name})`;
    return style.color;
  };
  const colours = {
    success: colour('success'),
    failure: colour('failed'),
    refused: hatched(colour('refused'), colour('panel')),
    degraded: colour('ink'),
    latency: colour('accent'),
    open: hatched(colour('open-band'), 'transparent'),
    half_open: colour('half-open-band'),
    grid: colour('grid'),
    axis: colour('soft'),
    font: `12px ${style.fontFamily}`,
  };
  probe.remove();
  return colours;
}

/** Stripes, for what must be told apart without colours. @param {string} line @param {string} ground */
function hatched(line, ground) {
  const tile = new OffscreenCanvas(8, 8);
  const context = tile.getContext('2d');
  if (context === null) return line;
  context.fillStyle = ground;
  context.fillRect(0, 0, 8, 8);
  context.strokeStyle = line;
  context.lineWidth = 3;
  for (const x of [-8, 0, 8]) {
    context.moveTo(x - 2, 10);
    context.lineTo(x + 10, -2);
  }
  context.stroke();
  return context.createPattern(tile, 'repeat') ?? line;
}
