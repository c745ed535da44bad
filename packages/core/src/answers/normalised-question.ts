const MOST_QUESTION = 4000;

/**
 * A question as it is compared with others: in Unicode's compatibility form (NFKC), in lower case, with single spaces, and without
 * punctuation at its end (`What is  a Circuit?` and `what is a circuit` are one). Nothing else is dropped: "when" and "why"
 * questions share all other words. Punctuation alone stays. What is longer than 4,000 UTF-16 code units is nobody's question, and stays as it
 * is: accents without order take a time that grows with the square. For `key`, wherever a text is a question.
 */
export function normalisedQuestion(text: string): string {
  if (text.length > MOST_QUESTION) return text;
  // Lower case can undo the normal form (İ), so that comes last.
  const folded = text.normalize('NFKC').toLowerCase().normalize('NFKC').replace(/\s+/g, ' ').trim();
  // Sentences end in these; `#`, `+` or `)` belong to what is asked: C#, C++, f(x). Greek asks by a semicolon.
  return folded.replace(/(?<![\p{Sentence_Terminal}; ])[\p{Sentence_Terminal}; ]+$/u, '') || folded;
}
