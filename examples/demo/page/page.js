import { openAnswer } from './answer-view.js';
import { ask, curl } from './ask.js';
import { drawClock, drawState, shownState } from './circuit-view.js';
import { byId, h, radio } from './dom.js';
import { drawSteps, tick } from './steps.js';
import { hosts, levels, offTopic, questions, reasons, states, upstreamModes } from './words.js';

let host = 'express';
let state;
/** When `state` came, by the page's own clock. */
let stateAt = 0;
let shown;
const answeredBy = { express: new Set(), koa: new Set() };

const events = new EventSource('/demo/events');
events.onmessage = ({ data }) => {
  byId('lost').hidden = true;
  take(JSON.parse(data));
};
events.onerror = () => {
  byId('lost').hidden = false;
};

function take(next) {
  const first = state === undefined;
  state = next;
  stateAt = performance.now();
  if (first) build();
  draw();
}

function build() {
  const { upstream } = state;
  if (upstream.kind === 'embedded') {
    byId('modes').append(
      ...Object.entries(upstreamModes)
        // Numeric keys come first in an object; the order of a list is the one that is meant.
        .sort(([a], [b]) => order.indexOf(a) - order.indexOf(b))
        .map(([mode, [label, detail]]) => radio('mode', mode, label, detail, mode === upstream.mode)),
    );
  } else {
    byId('modes').hidden = true;
    byId('guide').hidden = true;
    byId('real-note').hidden = false;
    byId('real-note').textContent =
      `You are talking to a real model: ${upstream.model} at ${upstream.url}. It cannot be broken from here; start the demo without OPENAI_API_KEY for the embedded one, or force the circuit open.`;
  }
  for (const [name, label] of Object.entries(hosts))
    byId('hosts').append(radio('host', name, label, new URL(state.hosts[name].url).port, name === host));
  drawSuggestions();
  drawCurl(questions[0]);
}
const order = ['ok', 'slow', '500', '429', 'hang', 'refuse'];

function draw() {
  drawState(state, host);
  const { circuit } = state.hosts[host];
  const now = shownState(circuit);
  for (const input of byId('modes').querySelectorAll('input')) input.checked = input.value === state.upstream.mode;
  if (state.upstream.mode && !['ok', 'slow'].includes(state.upstream.mode)) tick('broken');
  if (now === 'open') tick('open');
  if (shown !== undefined && shown !== `${host} ${now}`) announce(`The circuit of ${hosts[host]} is ${states[now]}.`);
  if (shown?.startsWith(host) && now === 'closed' && circuit.transitions[0]?.event === 'closed') tick('closed');
  shown = `${host} ${now}`;
  drawTime();
}

function drawTime() {
  const { circuit } = state.hosts[host];
  drawClock(
    { circuit, options: state.options },
    Math.max(0, (circuit.retryAfterMs ?? 0) - (performance.now() - stateAt)),
  );
}
setInterval(() => state && drawTime(), 100);

function drawSuggestions() {
  byId('suggestions').replaceChildren(
    ...questions.map((question) => {
      const hint = answeredBy[host].has(question) ? 'asked before' : question === offTopic ? 'not in the handbook' : '';
      return h('button', { type: 'button', class: 'chip' }, question, hint && h('small', {}, hint));
    }),
  );
}

function drawCurl(question) {
  byId('curl').textContent = curl(state.hosts[host].url, question);
}

function announce(text) {
  byId('announce').textContent = text;
}

async function send(question) {
  const asked = host;
  drawCurl(question);
  const entry = openAnswer(question, asked);
  const answer = await ask(asked, state.hosts[asked].url, question);
  entry.settle(answer);
  const { level, reason, ms } = answer;
  byId('line').dataset.level = level;
  byId('rig-answer').textContent = levels[level] ?? level;
  announce(
    `${levels[level] ?? level}${reason ? `, because ${reasons[reason]}` : ''}, after ${Math.round(ms)} milliseconds.`,
  );
  tick(level === 'error' ? '' : level);
  if (reason === 'failure' || reason === 'timeout') tick('failure');
  if (level === 'fresh') {
    answeredBy[asked].add(question);
    drawSuggestions();
  }
}

byId('ask').addEventListener('submit', async (event) => {
  event.preventDefault();
  const question = byId('question').value.trim();
  if (!question || !state) return;
  const times = Number(event.submitter?.value || 1);
  byId('question').select();
  for (let i = 0; i < times; i++) await send(question);
});

byId('suggestions').addEventListener('click', async (event) => {
  const chip = event.target.closest('button');
  if (!chip) return;
  const question = chip.firstChild.textContent;
  byId('question').value = question;
  await send(question);
});

byId('hosts').addEventListener('change', (event) => {
  host = event.target.value;
  drawSuggestions();
  drawCurl(byId('question').value || questions[0]);
  draw();
});

byId('modes').addEventListener('change', (event) => put('/demo/upstream', { mode: event.target.value }));
byId('force').addEventListener('click', (event) => put('/demo/circuit', { host, action: event.target.dataset.action }));

async function put(path, body) {
  const response = await fetch(path, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (response.ok) take(await response.json());
}

byId('copy').addEventListener('click', async () => {
  const button = byId('copy');
  try {
    await navigator.clipboard.writeText(byId('curl').textContent);
    button.textContent = 'Copied';
  } catch {
    getSelection().selectAllChildren(byId('curl'));
    button.textContent = 'Selected';
  }
  setTimeout(() => {
    button.textContent = 'Copy';
  }, 1500);
});

drawSteps();
