import { coarse } from './coarse.js';
import { h, setText } from './dom.js';
import { amount, count, latency } from './format.js';
import { historyTable } from './history-table.js';
import { palette } from './palette.js';
import { callData, callSeries, latencyData, latencySeries, plotOptions } from './plot-options.js';
import { states } from './words.js';

/** @typedef {import('./coarse.js').History} History */
/** @typedef {typeof import('uplot')} UPlot */

/** So that a bar is a rate as well: calls a minute. */
const stepMs = 60_000;
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });

/** @type {Promise<UPlot> | undefined} */
let library;
/** The library is loaded when it is first needed. It is not among these files: the server lends it from its package. */
const uplot = () => {
  const address = './uplot.js';
  library ??= import(address).then((module) => module.default);
  return library;
};

/** The last hour of a circuit, as two plots over one time: its calls by outcome, and their latency. */
export class Charts {
  #calls = h('div', { class: 'plot', role: 'img' });
  #latency = h('div', { class: 'plot', role: 'img' });
  #callsKeys = legend({
    success: 'Success',
    failure: 'Failure',
    refused: 'Refused',
    degraded: 'By a fallback',
    open: 'Open',
    half_open: 'Half-open',
  });
  #latencyKeys = legend({ latency: 'p95' });
  #table = historyTable();
  element = h(
    'section',
    { class: 'panel charts', 'aria-label': 'The last hour' },
    h('header', {}, h('h2', {}, 'Calls a minute, last hour'), this.#callsKeys.element),
    this.#calls,
    h('header', {}, h('h2', {}, 'Latency'), this.#latencyKeys.element),
    this.#latency,
    this.#table.element,
  );
  /** @type {import('uplot')[]} */
  #plots = [];
  /** @type {History | undefined} */
  #history;
  /** @type {History | undefined} */
  #shown;
  #width = 0;
  #resized = new ResizeObserver(() => {
    if (this.#calls.clientWidth !== this.#width) void this.redraw();
  });

  constructor() {
    this.#resized.observe(this.#calls);
  }

  /** @param {History} history */
  async draw(history) {
    this.#history = history;
    this.#table.draw(history);
    const UPlot = await uplot();
    const width = this.#calls.clientWidth;
    if (width === 0 || this.#history !== history) return;
    this.#shown = coarse(history, stepMs);
    this.#describe(history);
    if (this.#width !== width) this.#make(UPlot, width, history);
    this.#plots[0]?.setData(/** @type {any} */ (callData(this.#shown)));
    this.#plots[1]?.setData(/** @type {any} */ (latencyData(this.#shown)));
    this.#point(null);
  }

  /** In other colours, or another width. */
  async redraw() {
    this.#width = 0;
    if (this.#history) await this.draw(this.#history);
  }

  destroy() {
    this.#resized.disconnect();
    this.#history = undefined;
    for (const plot of this.#plots.splice(0)) plot.destroy();
  }

  /** @param {UPlot} UPlot @param {number} width @param {History} history */
  #make(UPlot, width, history) {
    for (const plot of this.#plots.splice(0)) plot.destroy();
    this.#width = width;
    const colours = palette();
    const shown = () => this.#shown ?? history;
    const fine = () => this.#history ?? history;
    const pointed = (/** @type {number | null} */ at) => this.#point(at);
    const common = { width, colours, shown, fine, pointed };
    const calls = plotOptions({ ...common, kind: 'calls', series: callSeries(UPlot, colours) });
    const latencies = plotOptions({ ...common, kind: 'latency', series: latencySeries(UPlot, colours) });
    this.#plots.push(new UPlot(calls, undefined, this.#calls), new UPlot(latencies, undefined, this.#latency));
  }

  /** Writes what is under the pointer to the legends. @param {number | null} i */
  #point(i) {
    const shown = this.#shown;
    const at = i === null || !shown ? '' : clock.format(shown.from + i * shown.stepMs);
    const of = (/** @type {(number | null)[] | undefined} */ values) => (i === null ? null : (values?.[i] ?? null));
    const numbers = {
      success: of(shown?.success),
      failure: of(shown?.failure),
      refused: of(shown?.refused),
      degraded: of(shown?.degraded),
    };
    for (const [key, n] of Object.entries(numbers)) this.#callsKeys.write(key, n === null ? '' : amount(n));
    const p95 = of(shown?.p95);
    this.#latencyKeys.write('latency', p95 === null ? '' : latency(p95));
    const state = i === null ? null : (shown?.state[i] ?? null);
    this.#callsKeys.say(at && `${at}${state ? `, ${states[state]?.toLowerCase()}` : ''}`);
    this.#latencyKeys.say(at);
  }

  /** @param {History} history */
  #describe({ success, failure, refused, degraded, p95 }) {
    const sum = (/** @type {number[]} */ of) => of.reduce((a, b) => a + b, 0);
    const text = `${count(sum(success), 'success').replace('successs', 'successes')}, ${count(sum(failure), 'failure')}, ${amount(sum(refused))} refused, ${amount(sum(degraded))} answered by a fallback`;
    this.#calls.setAttribute('aria-label', `Calls of the last hour: ${text}.`);
    const measured = p95.filter((ms) => ms !== null);
    const range =
      measured.length === 0
        ? 'none measured'
        : `from ${latency(Math.min(...measured))} to ${latency(Math.max(...measured))}`;
    this.#latency.setAttribute('aria-label', `95th percentile of latency in the last hour: ${range}.`);
  }
}

/** @param {Record<string, string>} labels */
function legend(labels) {
  const values = new Map(Object.keys(labels).map((key) => [key, h('b')]));
  const moment = h('span', { class: 'moment' });
  const keys = Object.entries(labels).map(([key, label]) =>
    h('span', { 'data-key': key }, `${label} `, values.get(key)),
  );
  return {
    element: h('p', { class: 'legend' }, moment, ...keys),
    /** @param {string} key @param {string} text */
    write: (key, text) => setText(/** @type {Element} */ (values.get(key)), text),
    /** @param {string} text */
    say: (text) => setText(moment, text),
  };
}
