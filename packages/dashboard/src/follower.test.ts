import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { Follower } from './follower.ts';

/** A response that takes what it is sent, and of which nothing is read. */
function unread() {
  const sent: unknown[] = [];
  const write = (piece: unknown) => sent.push(piece);
  return { sent, write, cork: () => {}, uncork: () => {} };
}

describe('Follower', () => {
  it.each([
    ['HTTP/1.1, and of HTTP/2', { writableNeedDrain: true }],
    ['HTTP/2 on Node 20', { stream: { writableNeedDrain: true } }],
  ])('sends nothing on top of what waits to be read, on a response of %s', (_, state) => {
    const { sent, ...response } = unread();
    const follower = new Follower({ ...response, ...state } as unknown as ServerResponse, 0);
    follower.send('a');
    expect([follower.isBlocked, follower.isBehind, sent]).toEqual([true, true, []]);
  });

  it('sends again, once what waited is read, all that was missed', () => {
    const { sent, ...response } = unread();
    const res = { ...response, stream: { writableNeedDrain: true } };
    const follower = new Follower(res as unknown as ServerResponse, 0);
    follower.send('a');
    res.stream.writableNeedDrain = false;
    expect(follower.isBlocked).toBe(false);
    const snapshot = Buffer.from('snapshot');
    follower.catchUp(snapshot, 'events', 7);
    follower.send('b');
    expect([follower.lastId, sent]).toEqual([7, [snapshot, 'events', 'b']]);
  });
});
