import { EventReader } from './sse.js';

/** The server says something every 15 seconds, if only a comment: after this long without a byte the connection is dead. */
const silenceMs = 40_000;
const shortestWaitMs = 1_000;
const longestWaitMs = 15_000;

/**
 * @typedef {object} LiveListener
 * @property {(name: string, data: any) => void} event
 * @property {() => void} live called when events come
 * @property {(why: string) => void} lost called when they have ceased to come; it tries again by itself
 */

/** Keeps a stream of events open, and opens it anew whenever it ends. @param {string} url @param {LiveListener} listener */
export async function follow(url, listener) {
  const reader = { lastId: '' };
  for (let failures = 0; ; failures += 1) {
    const ended = await readOnce(url, reader, listener, () => {
      failures = 0;
      listener.live();
    });
    if (ended.isOver) continue;
    listener.lost(ended.why);
    const waitMs = Math.min(longestWaitMs, shortestWaitMs * 2 ** failures) * (0.75 + Math.random() / 2);
    await waited(Math.max(ended.waitMs, waitMs));
  }
}

/**
 * @param {string} url @param {{ lastId: string }} last @param {LiveListener} listener @param {() => void} opened
 * @returns {Promise<{ why: string, waitMs: number, isOver?: boolean }>} `isOver`: by itself, and is to be opened anew
 */
async function readOnce(url, last, listener, opened) {
  const stop = new AbortController();
  let dead = setTimeout(() => stop.abort(), silenceMs);
  try {
    const headers = { accept: 'text/event-stream', ...(last.lastId && { 'last-event-id': last.lastId }) };
    const response = await fetch(url, { headers, cache: 'no-store', signal: stop.signal });
    if (!response.ok || !response.body) return refused(response);
    const events = new EventReader();
    const pieces = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { value, done } = await pieces.read();
      if (done) return { why: 'The connection has ended', waitMs: 0 };
      clearTimeout(dead);
      dead = setTimeout(() => stop.abort(), silenceMs);
      const read = events.read(value);
      last.lastId = events.lastId || last.lastId;
      for (const { name, data } of read) {
        if (name === 'renew') return { why: 'The stream is over', waitMs: 0, isOver: true };
        if (name === 'snapshot') opened();
        listener.event(name, data);
      }
    }
  } catch {
    return { why: 'The server cannot be reached', waitMs: 0 };
  } finally {
    clearTimeout(dead);
    stop.abort();
  }
}

/** @param {Response} response */
function refused({ status, headers }) {
  const waitMs = 1_000 * Number(headers.get('retry-after')) || 0;
  if (status === 401 || status === 403) return { why: 'You may no longer read this', waitMs: longestWaitMs };
  return { why: status === 503 ? 'The server has too many viewers' : `The server answers ${status}`, waitMs };
}

/** Until the time is over, or the network is back, or somebody looks. @param {number} ms @returns {Promise<void>} */
function waited(ms) {
  return new Promise((resolve) => {
    const over = () => {
      clearTimeout(timer);
      removeEventListener('online', over);
      document.removeEventListener('visibilitychange', over);
      resolve();
    };
    const timer = setTimeout(over, ms);
    addEventListener('online', over);
    document.addEventListener('visibilitychange', over);
  });
}
