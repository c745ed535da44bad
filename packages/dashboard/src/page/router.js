const prefix = '#/circuit/';

/** The address of a circuit's details: it can be kept and sent. @param {string} name */
export const linkTo = (name) => `${prefix}${encodeURIComponent(name)}`;

/** The circuit that the address names, if it names one. @returns {string | undefined} */
export function namedCircuit() {
  if (!location.hash.startsWith(prefix)) return undefined;
  try {
    return decodeURIComponent(location.hash.slice(prefix.length)) || undefined;
  } catch {
    return undefined;
  }
}
