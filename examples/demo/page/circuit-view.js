import { byId, h } from './dom.js';
import { hosts, levels, modes, rules, seconds, states, transitions, upstreamModes } from './words.js';

/** The state as shown: a mode that overrides it is shown in its place. */
export function shownState({ state, mode }) {
  return mode === 'forced_open' ? 'forced_open' : state;
}

/** Draws what the server says of one host's circuit and of the upstream. */
export function drawState({ upstream, hosts: views, options }, host) {
  const { circuit } = views[host];
  const state = shownState(circuit);
  const badge = byId('state');
  badge.textContent = states[state] ?? state;
  badge.dataset.state = state;
  byId('line').dataset.state = state;
  byId('line').dataset.upstream = upstream.mode ?? 'ok';
  byId('rig-upstream').textContent = upstream.kind === 'real' ? upstream.model : upstreamModes[upstream.mode][2];
  byId('circuit-host').textContent = `of ${hosts[host]}`;

  const { success, failure, ignored, refused } = circuit.calls;
  figures('calls', { success, failure, ignored, refused });
  figures(
    'levels',
    Object.fromEntries(Object.entries(circuit.answers).map(([level, n]) => [levels[level] ?? level, n])),
  );
  drawTransitions(circuit.transitions);
  drawPips(circuit, state, options);
  byId('force').textContent = circuit.mode === 'forced_open' ? 'Clear the override' : 'Force open';
  byId('force').dataset.action = circuit.mode === 'forced_open' ? 'clear' : 'force_open';
}

/** Draws what moves with time: `left` is the open time that is left, in milliseconds, now. */
export function drawClock({ circuit, options }, left) {
  const state = shownState(circuit);
  const bar = byId('bar');
  bar.hidden = state !== 'open';
  byId('pips').hidden = state === 'open' || state === 'forced_open';
  const [short, long] = sentence(state, circuit, options, left);
  byId('rig-circuit').textContent = short;
  if (byId('gauge-text').textContent !== long) byId('gauge-text').textContent = long;
  if (state === 'open') byId('bar-fill').style.width = `${Math.min(100, (100 * left) / circuit.openMs)}%`;
}

function sentence(state, { consecutiveFailures, consecutiveSuccesses }, { failureThreshold, successThreshold }, left) {
  if (state === 'forced_open') return ['Forced open', 'Forced open by hand: it stays open until that is cleared.'];
  if (state === 'open')
    return [`Open · ${seconds(left)}`, `Nothing is sent to the model. The next probe in ${seconds(left)}.`];
  if (state === 'half_open')
    return [
      'Half-open',
      `The next question is a probe. Closes at ${successThreshold} successes: ${consecutiveSuccesses} so far.`,
    ];
  return ['Closed', `Opens at ${failureThreshold} failures in a row: ${consecutiveFailures} so far.`];
}

function drawPips({ consecutiveFailures, consecutiveSuccesses }, state, { failureThreshold, successThreshold }) {
  const half = state === 'half_open';
  const [full, all] = half ? [consecutiveSuccesses, successThreshold] : [consecutiveFailures, failureThreshold];
  byId('pips').className = `pips ${half ? 'good' : 'bad'}`;
  byId('pips').replaceChildren(
    ...Array.from({ length: all }, (_, i) => h('i', { class: i < full ? 'pip full' : 'pip' })),
  );
}

function figures(id, values) {
  byId(id).replaceChildren(
    ...Object.entries(values).map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, String(value)))),
  );
}

function drawTransitions(list) {
  const time = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
  const rows = list.slice(0, 5).map(({ at, event, detail }) => {
    const [what, why] = transitions[event];
    const because = rules[detail] ?? modes[detail] ?? why;
    return h(
      'li',
      { class: 'transition' },
      h('time', {}, time.format(at)),
      h('b', {}, what),
      h('span', { class: 'because' }, because),
    );
  });
  byId('transitions').replaceChildren(...(rows.length > 0 ? rows : [h('li', { class: 'none' }, 'None yet.')]));
}
