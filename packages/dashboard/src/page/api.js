/** @typedef {import('../contract.js').CircuitSummary} CircuitSummary */
/** @typedef {import('../contract.js').CircuitDetails} CircuitDetails */

/** All there is to know of a circuit; `undefined` when it is gone. @param {CircuitSummary} circuit @returns {Promise<CircuitDetails | undefined>} */
export async function detailsOf({ href }) {
  const response = await fetch(href, { headers: { accept: 'application/json' }, cache: 'no-store' });
  if (response.status === 404) return undefined;
  if (!response.ok) throw new Error(await problemOf(response));
  return (await response.json()).circuit;
}

/** @param {CircuitSummary} circuit @param {string} action @param {string} reason */
export const act = ({ href }, action, reason) => change('POST', `${href}/${action}`, { reason });

/** @param {CircuitSummary} circuit @param {Record<string, unknown>} options @param {string} reason */
export const patch = ({ href }, options, reason) => change('PATCH', href, { reason, options });

/** @param {string} method @param {string} url @param {object} body @returns {Promise<CircuitSummary>} */
async function change(method, url, body) {
  const headers = { 'content-type': 'application/json', accept: 'application/json' };
  const response = await fetch(url, { method, headers, body: JSON.stringify(body) }).catch(() => {
    throw new Error('The server cannot be reached: nothing was changed, as far as is known.');
  });
  if (!response.ok) throw new Error(await problemOf(response));
  return (await response.json()).circuit;
}

/** @param {Response} response */
async function problemOf(response) {
  const problem = await response.json().catch(() => ({}));
  return problem.detail ?? problem.title ?? `The server answers ${response.status}.`;
}
