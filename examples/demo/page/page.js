import { openAnswer } from './answer-view.js';
import { ask, prefixOf } from './ask.js';
import { drawClock, drawState, shownState } from './circuit-view.js';
import { copyFrom } from './copy.js';
import { curl } from './curl.js';
import { byId, h, radio } from './dom.js';
import { followJob } from './job.js';
import { drawProviders } from './providers-view.js';
import { drawSteps, tick } from './steps.js';
import { hosts, levels, offTopic, questions, reasons, states, upstreamModes, upstreamOrder, ways } from './words.js';

let host = 'express';
let path = '/ask';
let state;
/** When `state` came, by the page's own clock. */
let stateAt = 0;
let shown;
/** The questions that have an answer, by whom and how they were asked: as the cache tells them apart. */
const answered = new Map();

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
      ...upstreamOrder.map((mode) => radio('mode', mode, ...upstreamModes[mode].slice(0, 2), mode === upstream.mode)),
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
  for (const [way, label] of Object.entries(ways)) byId('ways').append(radio('way', way, label, '', way === path));
  drawAsking();
}

function draw() {
  drawState(state, host);
  drawProviders(state, host);
  const { circuit, url } = state.hosts[host];
  byId('dashboard').href = `${url}/brownout/`;
  const now = shownState(circuit);
  for (const input of byId('modes').querySelectorAll('input')) input.checked = input.value === state.upstream.mode;
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

/** Whom the next question goes to, and how. */
const asking = () => ({ host, path, url: state.hosts[host].url, streamed: byId('streamed').checked });

const answeredOf = (to) => {
  const key = `${to.host} ${to.path} ${to.streamed}`;
  if (!answered.has(key)) answered.set(key, new Set());
  return answered.get(key);
};

function drawAsking() {
  const known = answeredOf(asking());
  byId('suggestions').replaceChildren(
    ...questions.map((question) => {
      const hint = known.has(question) ? 'asked before' : question === offTopic ? 'not in the handbook' : '';
      return h('button', { type: 'button', class: 'chip' }, question, hint && h('small', {}, hint));
    }),
  );
  byId('curl').textContent = curl(asking(), byId('question').value || questions[0]);
}

function announce(text) {
  byId('announce').textContent = text;
}

async function send(question, to = asking()) {
  byId('curl').textContent = curl(to, question);
  const entry = openAnswer(question, to.host, () => send(question, to));
  const answer = await ask(to, question, entry.token);
  entry.settle(answer);
  note(answer);
  if (answer.level === 'fresh') {
    answeredOf(to).add(question);
    drawAsking();
  }
  if (answer.level === 'queued') void follow(answer, to, entry);
}

function note({ level, reason, provider, ms }) {
  byId('line').dataset.level = level;
  byId('rig-answer').textContent = `${levels[level] ?? level}${provider === 'backup' ? ', by backup' : ''}`;
  announce(
    `${levels[level] ?? level}${reason ? `, because ${reasons[reason]}` : ''}, after ${Math.round(ms)} milliseconds.`,
  );
  tick(level);
  if (level === 'fresh' && provider === 'backup') tick('backup');
}

/** Shows a job's way through the queue where its question stands. */
async function follow(queued, to, entry) {
  const began = performance.now() - queued.ms;
  const since = () => performance.now() - began;
  const facts = { raw: queued.raw, status: queued.status };
  const job = await followJob(`${prefixOf(to.host)}${queued.body.status_url}`, (status) => {
    if (status === 'running') entry.settle({ ...facts, level: status, body: {}, ms: since() });
  });
  const body = job.result ?? {};
  const raw = `${queued.raw}\n\n$ curl ${to.url}${queued.body.status_url}\n\n${JSON.stringify(job, undefined, 2)}`;
  const ended = { level: job.status, body, provider: body.metadata?.provider, ms: since() };
  entry.settle({ ...ended, raw });
  announce(`${levels[job.status]}: a question that waited in line.`);
  tick(job.status);
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
  drawAsking();
  draw();
});
byId('ways').addEventListener('change', (event) => {
  path = event.target.value;
  drawAsking();
});
byId('streamed').addEventListener('change', drawAsking);

byId('modes').addEventListener('change', (event) => put('/demo/upstream', { mode: event.target.value }));
byId('backup').addEventListener('click', ({ target }) =>
  put('/demo/upstream', { which: 'backup', mode: target.dataset.mode }),
);
byId('force').addEventListener('click', (event) => put('/demo/circuit', { host, action: event.target.dataset.action }));

async function put(to, body) {
  const response = await fetch(to, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (response.ok) take(await response.json());
}

byId('copy').addEventListener('click', () => copyFrom(byId('curl'), byId('copy')));
drawSteps();
