import { record } from '../results.ts';

interface TestEvent {
  readonly type: string;
  readonly data: {
    readonly name: string;
    readonly nesting: number;
    readonly skip?: string | boolean;
    readonly todo?: string | boolean;
    readonly details?: { readonly type?: string; readonly error?: { readonly cause?: unknown } };
  };
}

/** A reporter for `node --test`, which tells of tests without saying what they are in. */
export default async function* nodeReporter(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const names: string[] = [];
  let number = 0;
  for await (const { type, data } of events) {
    if (type === 'test:start') names.splice(data.nesting, Infinity, data.name);
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    const { name, nesting, skip, todo, details } = data;
    if (type === 'test:pass' && details?.type === 'suite') continue;
    const error = details?.error;
    if ((error as { failureType?: string })?.failureType === 'subtestsFailed') continue;
    const title = [...names.slice(0, nesting), name].join(' ');
    if (type === 'test:fail') record(number++, title, todo === undefined ? 'failed' : 'skipped', error?.cause ?? error);
    else record(number++, title, skip === undefined && todo === undefined ? 'passed' : 'skipped');
    yield '';
  }
}
