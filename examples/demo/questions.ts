/** The questions of the tour and of the `curl` lines. */
export const questions = {
  /** Asked while all is well, so that its answer is in the cache. */
  known: 'What is a brownout?',
  /** The handbook has passages on it. */
  onTopic: 'What does charging a car at night cost?',
  /** The handbook has the answer to this one, too: these words are in it. */
  another: { question: 'Which number do I call when a pipe bursts?', says: '555-0141' },
  /** The handbook has nothing on it. */
  offTopic: 'Who won the chess championship in 1972?',
} as const;
