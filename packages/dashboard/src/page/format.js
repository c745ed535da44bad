/** @param {number} value */
const rounded = (value) => (value < 9.95 ? Number(value.toFixed(1)) : Math.round(value));

/** A latency: `412 ms`, `1.8 s`. @param {number | undefined} ms */
export function latency(ms) {
  if (ms === undefined) return '–';
  if (ms < 999.5) return `${ms < 1 && ms > 0 ? '<1' : Math.round(ms)} ms`;
  return ms < 99_950 ? `${rounded(ms / 1000)} s` : span(ms);
}

/** How long something lasts, in its two largest units at most: `18 s`, `4 min`, `2 h 5 min`, `3 d`. @param {number} ms */
export function span(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  const days = Math.floor(hours / 24);
  return hours % 24 && days < 7 ? `${days} d ${hours % 24} h` : `${days} d`;
}

/** The time that is left, to be seen counting down: `18 s`, `1 min 40 s`. @param {number} ms */
export function left(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const text = span(1000 * seconds);
  return seconds > 60 && seconds < 600 && seconds % 60 > 0 ? `${text} ${seconds % 60} s` : text;
}

/** A share of one: `12%`, `0.4%`. Neither all nor nothing is claimed unless it is so. @param {number} share */
export function percent(share) {
  const value = 100 * share;
  if (value > 0 && value < 0.1) return '<0.1%';
  if (value < 100 && value > 99) return `${Math.min(99.9, Number(value.toFixed(1)))}%`;
  return `${rounded(value)}%`;
}

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

/** A number of things: `1,234`, `12.3K`. @param {number} value */
export const amount = (value) => (Math.abs(value) < 10_000 ? whole.format(value) : short.format(value));

/** `1 circuit`, `2 circuits`. @param {number} n @param {string} one */
export const count = (n, one) => `${amount(n)} ${n === 1 ? one : `${one}s`}`;

/** A text without the characters that turn round the order in which what comes after them is read. @param {string} text */
export const inOrder = (text) => text.replace(/[\u202a-\u202e\u2066-\u2069]/g, '');
