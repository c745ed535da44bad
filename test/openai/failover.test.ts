import { createBrownout, failover, type Provider } from '@brownout/core';
import { classifyOpenAIError, openAIOutcome, primedStream } from '@brownout/openai';
import { describe, expect, it } from 'vitest';
import { useServers } from '../contract/servers.ts';
import { createClient, streamCalls, versions } from './clients.ts';
import type { CaseName } from './scripts.ts';
import { scriptedUpstream } from './upstream.ts';

const start = useServers();

describe.each(versions)('failover of streams, openai v%s', (version) => {
  /** Three upstreams, each of which does to every call what it is told to. */
  async function providers(call: string, cases: readonly CaseName[]) {
    const open = streamCalls[call]!;
    const asked: number[] = [];
    const made = cases.map(async (name, at): Promise<Provider<string, AsyncIterable<unknown>>> => {
      asked.push(0);
      const upstream = scriptedUpstream(() => name);
      upstream.on('request', () => asked[at]!++);
      const client = createClient(version, { baseURL: `${await start(upstream)}/v1` });
      const run: Provider<string, AsyncIterable<unknown>>['run'] = (_, { signal }) =>
        primedStream((given) => open(client, name, given), { idleMs: 60, firstMs: 5_000, signal });
      return { name: `${at} ${name}`, run };
    });
    const brownout = createBrownout({ classify: classifyOpenAIError, failureThreshold: 2, resetTimeoutMs: 60_000 });
    const next = (error: unknown) => openAIOutcome(error).next;
    const ask = failover(await Promise.all(made), { brownout, next });
    /** Who answered, and whether whole. */
    const read = async () => {
      const { value, provider } = await ask.run('why');
      try {
        for await (const _ of value);
        return [provider, 'whole'];
      } catch {
        return [provider, 'broken'];
      }
    };
    return { read, brownout, asked, ask };
  }

  it.each(Object.keys(streamCalls))('opens the circuit of one whose streams break, and moves on (%s)', async (call) => {
    const { read, brownout, asked } = await providers(call, ['stream cut', 'stream stalls', 'stream without an end']);
    const seen = [];
    for (let n = 0; n < 6; n++) seen.push(await read());
    expect(seen).toEqual([
      ['0 stream cut', 'broken'],
      ['0 stream cut', 'broken'],
      ['1 stream stalls', 'broken'],
      ['1 stream stalls', 'broken'],
      ['2 stream without an end', 'broken'],
      ['2 stream without an end', 'broken'],
    ]);
    for (const circuit of brownout.circuits.values()) {
      expect([circuit.state, circuit.inFlight, circuit.metrics().calls.failure]).toEqual(['open', 0, 2]);
    }
    await expect(read()).rejects.toMatchObject({ code: 'ERR_CIRCUIT_OPEN' });
    expect(asked).toEqual([2, 2, 2]);
  });

  it('asks the next at once where nothing of a stream has come, and the one that is whole again and again', async () => {
    const { read, brownout, asked } = await providers('chat create', ['server error', 'error in a stream', 'ok']);
    const seen = [];
    for (let n = 0; n < 5; n++) seen.push(await read());
    expect(seen).toEqual([
      ['1 error in a stream', 'broken'],
      ['1 error in a stream', 'broken'],
      ['2 ok', 'whole'],
      ['2 ok', 'whole'],
      ['2 ok', 'whole'],
    ]);
    expect(asked).toEqual([2, 2, 3]);
    expect(brownout.circuit('2 ok').metrics().calls).toMatchObject({ success: 3, failure: 0 });
  });
});
