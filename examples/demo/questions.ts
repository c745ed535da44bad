/** The questions of the tour and of the `curl` lines. */
export const questions = {
  /** Asked while all is well, so that its answer is in the cache. */
  known: 'What is a brownout?',
  /** The handbook has passages on it. */
  onTopic: 'What does charging a car at night cost?',
  /** The handbook has nothing on it. */
  offTopic: 'Who won the chess championship in 1972?',
} as const;
