import { afterEach, expect, it, vi } from 'vitest';
import { follow } from './live.js';

afterEach(() => vi.unstubAllGlobals());

it('opens a stream anew that is over by itself, and says nothing of it before it is refused', async () => {
  const told: string[] = [];
  const snapshot = 'id: 7\nevent: snapshot\ndata: {}\n\n';
  const answers = [
    new Response(`${snapshot}event: renew\ndata: {}\n\n`),
    new Response(`${snapshot}event: renew\ndata: {}\n\n`),
    new Response('', { status: 403 }),
  ];
  const fetched = vi.fn(async (_url: string, _init: RequestInit) => answers.shift()!);
  vi.stubGlobal('fetch', fetched);
  const following = follow('events', {
    event: (name) => void told.push(name),
    live: () => void told.push('live'),
    lost: (why) => {
      throw new Error(why); // nobody is to try again
    },
  });
  await expect(following).rejects.toThrow('You may no longer read this');
  expect(told).toEqual(['live', 'snapshot', 'live', 'snapshot']);
  expect(fetched.mock.calls.map(([, { headers }]) => (headers as Record<string, string>)['last-event-id'])).toEqual([
    undefined,
    '7',
    '7',
  ]);
});
