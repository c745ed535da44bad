import { describe, expect, it } from 'vitest';
import { Latencies, latenciesKept } from './latencies.ts';

describe('Latencies', () => {
  it('tells percentiles by nearest rank', () => {
    const latencies = new Latencies();
    for (let ms = 100; ms >= 1; ms--) latencies.add(0, ms, 1_000);
    expect(latencies.percentiles(0, 1_000)).toEqual({ p50: 50, p95: 95, p99: 99 });
  });

  it('tells a single duration', () => {
    const latencies = new Latencies();
    latencies.add(5, 0.1234, 1_000);
    expect(latencies.percentiles(5, 1_000)).toEqual({ p50: 0.1234, p95: 0.1234, p99: 0.1234 });
  });

  it('keeps the newest', () => {
    const latencies = new Latencies();
    for (let i = 0; i < 10 * latenciesKept; i++) latencies.add(i, i < 9 * latenciesKept ? 1 : 7, 1e9);
    expect(latencies.percentiles(10 * latenciesKept, 1e9)).toEqual({ p50: 7, p95: 7, p99: 7 });
  });

  it('keeps as many as it is told', () => {
    const latencies = new Latencies();
    for (const ms of [1, 9]) latencies.add(0, ms, 1_000, 1);
    expect(latencies.percentiles(0, 1_000)?.p50).toBe(9);
  });

  it('remembers when each came while it grows', () => {
    const latencies = new Latencies();
    for (let i = 0; i < 10; i++) latencies.add(100 * i, i, 1_000);
    expect(latencies.percentiles(1_450, 1_000)).toEqual({ p50: 7, p95: 9, p99: 9 });
  });

  it('forgets what has left the window, after ten years of clock as well', () => {
    for (const start of [0, 4_294_967_000, 3.2e11, -5_000.5]) {
      const latencies = new Latencies();
      latencies.add(start, 10, 1_000);
      latencies.add(start + 600, 20, 1_000);
      expect(latencies.percentiles(start + 600, 1_000)?.p50).toBe(10);
      expect(latencies.percentiles(start + 1_000, 1_000)?.p50).toBe(20);
      expect(latencies.percentiles(start + 1_600, 1_000)).toBeUndefined();
      latencies.add(start + 2 ** 32 + 700, 30, 1_000);
      expect(latencies.percentiles(start + 2 ** 32 + 700, 1_000)).toEqual({ p50: 30, p95: 30, p99: 30 });
    }
  });
});
