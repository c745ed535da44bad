import type { Body } from './tour-answer.ts';

/** A stream of events, read to its end: what it said, and whether it says that this was not the whole. */
export function readEvents(stream: string): { body: Body; tokens: number; isCut: boolean } {
  const events = stream
    .split('\n\n')
    .filter((event) => event.trim())
    .map((event) => ({
      name: /^event: (.*)$/m.exec(event)?.[1],
      data: JSON.parse(/^data: (.*)$/m.exec(event)![1]!) as Body & { readonly token?: string },
    }));
  const tokens = events.flatMap(({ data }) => data.token ?? []);
  const last = events.at(-1);
  // With words of its own it is not the end of an answer, but one.
  const isCut = last?.name === 'brownout' && last.data.answer === undefined && last.data.detail === undefined;
  const body = tokens.length > 0 ? { ...last?.data, answer: tokens.join('') } : (last?.data ?? {});
  return { body, tokens: tokens.length, isCut };
}
