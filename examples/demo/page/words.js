/** What people read for the names on the wire. */
export const levels = {
  fresh: 'Fresh',
  l1_cache: 'Cached answer',
  excerpts: 'Excerpts',
  unavailable: 'Unavailable',
  error: 'Error',
  cut: 'Broke off',
  queued: 'Queued',
  running: 'Being asked',
  done: 'Done, later',
  failed: 'Failed',
  expired: 'Expired',
  lost: 'Lost',
};

/** What the page says under an answer that is not the whole one, and the button that asks again, if that helps. */
export const nextSteps = {
  cut: (reason) => [
    `${reason === 'timeout' ? 'The model fell silent here' : 'The answer broke off here'}: this is not all of it. Ask again, and you get the best there is.`,
    'Try again',
  ],
  excerpts: () => [undefined, 'Try again'],
  unavailable: () => [undefined, 'Try again'],
  error: () => [undefined, 'Try again'],
  queued: () => ['Your question waits in line. It is asked once the circuit has closed, and its answer comes here.'],
  running: () => ['Your question is being asked now.'],
  failed: () => ['It was asked, and failed for good.', 'Try again'],
  expired: () => ['It waited for too long.', 'Try again'],
  lost: () => ['The demo knows nothing of this job any more.', 'Try again'],
};

/** The ways to ask, by their paths. */
export const ways = { '/ask': 'One model', '/ask/any': 'With a backup', '/ask/later': 'Or later' };

export const reasons = {
  circuit_open: 'the circuit is open',
  forced_open: 'the circuit is forced open',
  failure: 'the model failed',
  timeout: 'the model did not answer in time',
  rate_limited: 'the model limits the rate',
  overloaded: 'too many calls are under way',
  drill: 'a drill',
};

export const states = { closed: 'Closed', open: 'Open', half_open: 'Half-open', forced_open: 'Forced open' };

/** The switch, what it does, and what the model is then. */
export const upstreamModes = {
  ok: ['Healthy', 'answers', 'Healthy'],
  slow: ['Slow', 'answers late', 'Slow'],
  stall: ['Stall', 'in mid-answer', 'Stalls'],
  500: ['500', 'server error', 'Error 500'],
  429: ['429', 'rate limit', 'Limits the rate'],
  hang: ['Hang', 'no answer', 'Hangs'],
  refuse: ['Refuse', 'not listening', 'Refuses'],
};

export const transitions = {
  tripped: ['closed → open', 'tripped'],
  half_opened: ['open → half-open', 'a probe is let through'],
  reopened: ['half-open → open', 'the probe failed'],
  closed: ['→ closed', 'all is well again'],
  mode_changed: ['by hand', ''],
};

/** The order of the switches: numeric keys come first in an object. */
export const upstreamOrder = ['ok', 'slow', 'stall', '500', '429', 'hang', 'refuse'];

export const modes = { forced_open: 'forced open', enforce: 'the override is cleared' };

export const rules = { streak: 'failures in a row', rate: 'share of failed calls', slow: 'share of slow calls' };

export const hosts = { express: 'Express', koa: 'Koa' };

export const questions = [
  'What is a brownout?',
  'What if the power goes out?',
  'How do I read my water meter?',
  'What does charging a car at night cost?',
  'Who won the chess championship in 1972?',
];

/** The one that the handbook has nothing on. */
export const offTopic = questions[4];

export const seconds = (ms) => `${Math.max(1, Math.ceil(ms / 1000))} s`;
