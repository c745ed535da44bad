import { byId, h } from './dom.js';
import { hosts, states, upstreamModes } from './words.js';

/** Draws who can answer on a host: each with its model, how that is, and the state of its circuit. */
export function drawProviders({ upstream, backup, hosts: views }, host) {
  const { providers } = views[host];
  const rows = { main: upstream, backup };
  byId('providers-host').textContent = `of ${hosts[host]}`;
  byId('providers').replaceChildren(
    ...Object.entries(rows).map(([name, { model, mode = 'ok' }]) =>
      h(
        'li',
        {},
        h('b', {}, name),
        h('span', { class: 'of' }, `${model} · ${upstreamModes[mode][2].toLowerCase()}`),
        h('span', { class: 'state', 'data-state': providers[name] }, states[providers[name]]),
      ),
    ),
  );
  const isWell = backup.mode === 'ok';
  byId('backup').textContent = isWell ? 'Break the backup' : 'Mend the backup';
  byId('backup').dataset.mode = isWell ? 'refuse' : 'ok';
}
