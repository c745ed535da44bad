/** Where values have no neighbour: a line has no length there, and only a point can be seen. @param {ArrayLike<number | null | undefined>} values */
export const alone = (values) =>
  Array.from(values, (_, i) => i).filter((i) => has(values[i]) && !has(values[i - 1]) && !has(values[i + 1]));

/** @param {number | null | undefined} value */
const has = (value) => value !== null && value !== undefined;
