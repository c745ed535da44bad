import { describe, expect, it } from 'vitest';
import { MemoryQueue } from './memory-queue.ts';

const limits = { maxJobs: 3, maxPerScope: 2, maxAgeMs: 1_000 };
const job = (scope = 'a', idempotencyKey?: string) => ({ scope, data: '1', idempotencyKey });

describe('MemoryQueue', () => {
  it('hands jobs out in order', () => {
    const queue = new MemoryQueue(limits);
    const first = queue.add(job(), 0);
    const second = queue.add(job(), 0);
    expect(queue.waiting).toBe(2);
    expect([queue.next(0), queue.next(0), queue.next(0)]).toEqual([first, second, undefined]);
    queue.putBack(second!);
    queue.putBack(first!);
    expect(queue.next(0)).toBe(first);
  });

  it('has room for so many of one scope, and in all', () => {
    const queue = new MemoryQueue(limits);
    queue.add(job('a'), 0);
    queue.add(job('a'), 0);
    expect(queue.add(job('a'), 0)).toBeUndefined();
    expect(queue.add(job('b'), 0)).toBeDefined();
    expect(queue.add(job('c'), 0)).toBeUndefined();
  });

  it('makes room by what is over', () => {
    const queue = new MemoryQueue(limits);
    const first = queue.add(job('a'), 0)!;
    queue.add(job('a'), 0);
    queue.add(job('b'), 0);
    queue.end(queue.next(0)!, 'done', 1, '"x"');
    expect(queue.add(job('a'), 2)).toBeDefined();
    expect(queue.find(first.id, 2)).toBeUndefined();
  });

  it('gives another job for the same key with other data, and keeps to the newer', () => {
    const queue = new MemoryQueue(limits);
    const first = queue.add(job('a', 'k'), 0)!;
    const second = queue.add({ ...job('a', 'k'), data: '2' }, 500)!;
    expect(second.id).not.toBe(first.id);
    queue.end(queue.next(500)!, 'done', 500);
    expect(queue.find(first.id, 2_100)).toBeUndefined();
    expect(queue.add({ ...job('a', 'k'), data: '2' }, 2_100)?.id).toBe(second.id);
  });

  it('is empty once all it kept is forgotten', () => {
    const queue = new MemoryQueue(limits);
    expect(queue.isEmpty(0)).toBe(true);
    queue.add(job(), 0);
    expect(queue.isEmpty(1_999)).toBe(false);
    expect(queue.isEmpty(2_000)).toBe(true);
  });

  it('gives the same job for the same key of the same scope', () => {
    const queue = new MemoryQueue(limits);
    const first = queue.add(job('a', 'k'), 0);
    expect(queue.add(job('a', 'k'), 1)).toBe(first);
    expect(queue.add(job('b', 'k'), 1)).not.toBe(first);
    expect(queue.waiting).toBe(2);
  });

  it('lets a job expire that has waited for too long, and forgets it after as long again', () => {
    const queue = new MemoryQueue(limits);
    const { id } = queue.add(job('a', 'k'), 0)!;
    expect(queue.find(id, 999)!.status).toBe('queued');
    expect(queue.find(id, 1_000)).toMatchObject({ status: 'expired', finishedAt: 1_000 });
    expect(queue.next(1_000)).toBeUndefined();
    expect(queue.find(id, 2_000)).toBeUndefined();
    expect(queue.add(job('a', 'k'), 2_000)!.id).not.toBe(id);
  });

  it('lets one that runs go on, however old', () => {
    const queue = new MemoryQueue(limits);
    const { id } = queue.add(job(), 0)!;
    const running = queue.next(0)!;
    expect(queue.find(id, 5_000)!.status).toBe('running');
    queue.end(running, 'done', 5_000, '1');
    expect(running).toMatchObject({ status: 'done', result: '1' });
  });

  it('ends a job once', () => {
    const queue = new MemoryQueue(limits);
    const waiting = queue.add(job(), 0)!;
    queue.end(waiting, 'cancelled', 1);
    queue.end(waiting, 'done', 2, '1');
    queue.putBack(waiting);
    expect(waiting).toMatchObject({ status: 'cancelled', finishedAt: 1 });
    expect(queue.waiting).toBe(0);
    expect(queue.next(2)).toBeUndefined();
  });
});
