import { alone } from './alone.js';
import { amount, latency } from './format.js';

/** @typedef {import('./coarse.js').History} History */
/** @typedef {import('./palette.js').Palette} Palette */
/** @typedef {typeof import('uplot')} UPlot */
/** @typedef {import('uplot').Options} PlotOptions */
/** @typedef {import('uplot').Series} Series */
/** @typedef {NonNullable<Series['fill']>} Fill */

const height = 170;
/** Both plots leave as much for their axes, so that one time stands over the other. */
const axisWidth = 56;

/** Where calls come now and then, all there is may be a value here and one there. @param {string} fill @returns {import('uplot').Series.Points} */
const lonePoints = (fill) => ({ show: true, size: 5, fill, filter: (plot, series) => alone(plot.data[series] ?? []) });

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });

/** @param {UPlot} UPlot @param {Palette} colours @returns {Series[]} */
export function callSeries(UPlot, colours) {
  /** A piece of each bar: from the top of the series after it, if any is below. @param {Fill} fill @param {boolean} [isLowest] @returns {Series} */
  const stacked = (fill, isLowest) => {
    const tops = (/** @type {import('uplot')} */ plot, /** @type {number} */ i) => [...(plot.data[i] ?? [])];
    const disp = {
      y0: {
        unit: 1,
        values: isLowest
          ? () => []
          : (/** @type {import('uplot')} */ plot, /** @type {number} */ i) => tops(plot, i + 1),
      },
      y1: { unit: 1, values: tops },
    };
    const paths = UPlot.paths.bars?.({ size: [1, 40], align: 1, gap: 2, disp });
    return { fill, width: 0, points: { show: false }, ...(paths && { paths }) };
  };
  const stepped = UPlot.paths.stepped?.({ align: 1 });
  return [
    stacked(colours.refused),
    stacked(colours.failure),
    stacked(colours.success, true),
    {
      stroke: colours.degraded,
      width: 1.5,
      dash: [4, 3],
      points: lonePoints(colours.degraded),
      ...(stepped && { paths: stepped }),
    },
  ];
}

/** Each outcome on top of the next, the tallest first: what is drawn later covers it from below. @param {History} history */
export function callData({ success, failure, refused, degraded, ...history }) {
  const failed = success.map((n, i) => n + (failure[i] ?? 0));
  const all = failed.map((n, i) => n + (refused[i] ?? 0));
  // a line along the bottom would say nothing
  return [times(history), all, failed, success, degraded.map((n) => n || null)];
}

/** @param {UPlot} UPlot @param {Palette} colours @returns {Series[]} */
export function latencySeries(UPlot, colours) {
  const stepped = UPlot.paths.stepped?.({ align: 1 });
  return [
    { stroke: colours.latency, width: 2, points: lonePoints(colours.latency), ...(stepped && { paths: stepped }) },
  ];
}

/** @param {History} history */
export const latencyData = (history) => [times(history), history.p95];

/** @param {{ from: number, stepMs: number, state: History['state'] }} history */
const times = ({ from, stepMs, state }) => state.map((_, i) => from + i * stepMs);

/**
 * @param {object} of
 * @param {number} of.width
 * @param {Palette} of.colours
 * @param {Series[]} of.series
 * @param {'calls' | 'latency'} of.kind
 * @param {() => History} of.shown as it is drawn
 * @param {() => History} of.fine as it came, for the states
 * @param {(at: number | null) => void} of.pointed
 * @returns {PlotOptions}
 */
export function plotOptions({ width, colours, series, kind, shown, fine, pointed }) {
  const axis = { stroke: colours.axis, font: colours.font, ticks: { show: false } };
  const grid = { stroke: colours.grid, width: 1 };
  const written = kind === 'calls' ? amount : latency;
  return {
    width,
    height,
    ms: 1,
    padding: [8, 20, 0, 0],
    legend: { show: false },
    cursor: { sync: { key: 'brownout' }, drag: { x: false, y: false }, points: { show: false } },
    series: [{}, ...series],
    scales: {
      x: { range: () => [shown().from, shown().from + shown().stepMs * shown().state.length] },
      y: { range: (_, __, max) => [0, Math.max(kind === 'calls' ? 4 : 10, 1.1 * max)] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 26,
        space: 70,
        values: (_, splits) => splits.map((at) => clock.format(at)),
      },
      { ...axis, grid, size: axisWidth, space: 36, values: (_, splits) => splits.map((n) => written(n)) },
    ],
    hooks: {
      drawClear: [(plot) => drawBands(plot, fine(), colours)],
      setCursor: [(plot) => pointed(plot.cursor.idx ?? null)],
    },
  };
}

/** Shades the time during which it was not closed. @param {import('uplot')} plot @param {History} history @param {Palette} colours */
function drawBands(plot, { from, stepMs, state }, colours) {
  const { ctx, bbox } = plot;
  for (const [i, kind] of state.entries()) {
    if (kind !== 'open' && kind !== 'half_open') continue;
    const x = Math.max(bbox.left, plot.valToPos(from + i * stepMs, 'x', true));
    const end = plot.valToPos(from + (i + 1) * stepMs, 'x', true);
    ctx.fillStyle = colours[kind];
    if (end > x) ctx.fillRect(x, bbox.top, end - x, bbox.height);
  }
}
