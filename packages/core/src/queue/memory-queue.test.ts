import { describe, expect, it } from 'vitest';
import { MemoryQueue } from './memory-queue.ts';

const limits = { maxJobs: 3, maxPerScope: 2, maxAgeMs: 1_000 };
/** Monotonic time begins at 0 and wall time anywhere. */
function setUp() {
  const time = { now: 0, ahead: 1_000_000 };
  const queue = new MemoryQueue(limits, { now: () => time.now, wall: () => time.now + time.ahead });
  return { queue, time };
}
const job = (scope = 'a', idempotencyKey?: string) => ({ scope, data: '1', idempotencyKey });

describe('MemoryQueue', () => {
  it('hands jobs out in order', () => {
    const { queue } = setUp();
    const first = queue.add(job());
    const second = queue.add(job());
    expect(queue.waiting).toBe(2);
    expect([queue.next(), queue.next(), queue.next()]).toEqual([first, second, undefined]);
    queue.putBack(second!);
    queue.putBack(first!);
    expect(queue.next()).toBe(first);
  });

  it('has room for so many of one scope, and in all', () => {
    const { queue } = setUp();
    queue.add(job('a'));
    queue.add(job('a'));
    expect(queue.add(job('a'))).toBeUndefined();
    expect(queue.add(job('b'))).toBeDefined();
    expect(queue.add(job('c'))).toBeUndefined();
  });

  it('makes room by what is over', () => {
    const { queue, time } = setUp();
    const first = queue.add(job('a'))!;
    queue.add(job('a'));
    queue.add(job('b'));
    queue.end(queue.next()!, 'done', '"x"');
    time.now = 2;
    expect(queue.add(job('a'))).toBeDefined();
    expect(queue.find(first.id)).toBeUndefined();
  });

  it('gives another job for the same key with other data, and keeps to the newer', () => {
    const { queue, time } = setUp();
    const first = queue.add(job('a', 'k'))!;
    time.now = 500;
    const second = queue.add({ ...job('a', 'k'), data: '2' })!;
    expect(second.id).not.toBe(first.id);
    queue.end(queue.next()!, 'done');
    time.now = 2_100;
    expect(queue.find(first.id)).toBeUndefined();
    expect(queue.add({ ...job('a', 'k'), data: '2' })?.id).toBe(second.id);
  });

  it('is empty once all it kept is forgotten', () => {
    const { queue, time } = setUp();
    expect(queue.isEmpty()).toBe(true);
    queue.add(job());
    time.now = 1_999;
    expect(queue.isEmpty()).toBe(false);
    time.now = 2_000;
    expect(queue.isEmpty()).toBe(true);
  });

  it('gives the same job for the same key of the same scope', () => {
    const { queue, time } = setUp();
    const first = queue.add(job('a', 'k'));
    time.now = 1;
    expect(queue.add(job('a', 'k'))).toBe(first);
    expect(queue.add(job('b', 'k'))).not.toBe(first);
    expect(queue.waiting).toBe(2);
  });

  it('lets a job expire that has waited for too long, and forgets it after as long again', () => {
    const { queue, time } = setUp();
    const { id } = queue.add(job('a', 'k'))!;
    time.now = 999;
    expect(queue.find(id)!.status).toBe('queued');
    time.now = 1_000;
    expect(queue.find(id)).toMatchObject({ status: 'expired', finishedAt: 1_001_000 });
    expect(queue.next()).toBeUndefined();
    time.now = 2_000;
    expect(queue.find(id)).toBeUndefined();
    expect(queue.add(job('a', 'k'))!.id).not.toBe(id);
  });

  it.each([-86_400_000, 86_400_000])('is not moved by a wall clock that is set by %i ms', (jump) => {
    const { queue, time } = setUp();
    const { id, createdAt, expiresAt } = queue.add(job())!;
    expect([createdAt, expiresAt]).toEqual([1_000_000, 1_001_000]);
    time.ahead += jump;
    const later = queue.add(job('b'))!;
    expect(later.createdAt).toBe(1_000_000 + jump);
    time.now = 999;
    expect([queue.find(id), queue.find(later.id)].map((found) => found?.status)).toEqual(['queued', 'queued']);
    time.now = 1_000;
    expect([queue.find(id), queue.find(later.id)].map((found) => found?.status)).toEqual(['expired', 'expired']);
    time.now = 2_000;
    expect(queue.isEmpty()).toBe(true);
  });

  it('lets one that runs go on, however old', () => {
    const { queue, time } = setUp();
    const { id } = queue.add(job())!;
    const running = queue.next()!;
    time.now = 5_000;
    expect(queue.find(id)!.status).toBe('running');
    queue.end(running, 'done', '1');
    expect(running).toMatchObject({ status: 'done', result: '1', finishedAt: 1_005_000 });
  });

  it('ends a job once', () => {
    const { queue, time } = setUp();
    const waiting = queue.add(job())!;
    time.now = 1;
    queue.end(waiting, 'cancelled');
    time.now = 2;
    queue.end(waiting, 'done', '1');
    queue.putBack(waiting);
    expect(waiting).toMatchObject({ status: 'cancelled', finishedAt: 1_000_001 });
    expect(queue.waiting).toBe(0);
    expect(queue.next()).toBeUndefined();
  });
});
