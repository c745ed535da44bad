import { Circuit } from '@brownout/core';
import { brownoutFetch, classifyOpenAIError, openAIOutcome } from '@brownout/openai';
import { describe, expect, it, vi } from 'vitest';
import { useServers } from '../contract/servers.ts';
import { createClient, streamCalls, versions, wholeCalls } from './clients.ts';
import { scriptedUpstream } from './upstream.ts';

const start = useServers();

async function setUp(version: string, options: { maxRetries?: number } = {}) {
  const url = await start(scriptedUpstream());
  const circuit = new Circuit('model', { classify: classifyOpenAIError, failureThreshold: 3 });
  const sent = vi.fn(fetch);
  const client = createClient(version, { baseURL: `${url}/v1`, fetch: brownoutFetch(circuit, sent), ...options });
  return { circuit, client, sent, calls: () => circuit.metrics().calls };
}

const thrown = (call: PromiseLike<unknown>) =>
  Promise.resolve(call).then(
    () => undefined,
    (error: unknown) => error,
  );

describe.each(versions)('brownoutFetch under openai v%s', (version) => {
  it('changes no way to ask', async () => {
    const { client, calls } = await setUp(version);
    for (const ask of Object.values(wholeCalls)) {
      expect(JSON.stringify(await ask(client, 'ok'))).toContain('"Nine million."');
    }
    for (const open of Object.values(streamCalls)) {
      const parts: unknown[] = [];
      for await (const part of await open(client, 'ok')) parts.push(part);
      expect(JSON.stringify(parts)).toContain('"million."');
    }
    const asked = Object.keys(wholeCalls).length + Object.keys(streamCalls).length;
    expect(calls()).toMatchObject({ success: asked, failure: 0, ignored: 0 });
  });

  it('counts an answer that is cut as a failure, and never a reader who breaks a stream off', async () => {
    const { client, calls, circuit } = await setUp(version);
    expect(await thrown(wholeCalls['chat create']!(client, 'body cut'))).toBeInstanceOf(Error);
    expect(calls()).toMatchObject({ success: 0, failure: 1, ignored: 0 });
    const readAll = async () => {
      for await (const _ of await streamCalls['chat create']!(client, 'stream cut'));
    };
    expect(await thrown(readAll())).toBeInstanceOf(Error);
    expect(calls()).toMatchObject({ success: 0, failure: 2, ignored: 0 });
    for await (const _ of await streamCalls['chat create']!(client, 'stream stalls')) break;
    await expect.poll(() => circuit.inFlight).toBe(0);
    expect(calls()).toMatchObject({ failure: 2 });
  });

  it('refuses at once, and the SDK does not try again', async () => {
    const { client, calls, sent, circuit } = await setUp(version, { maxRetries: 2 });
    circuit.forceOpen();
    for (const call of [wholeCalls['chat create']!, wholeCalls['responses parse']!]) {
      const error = await thrown(call(client, 'ok'));
      expect(error).toMatchObject({ status: 503, type: 'brownout_refused', code: 'forced_open' });
      expect(openAIOutcome(error)).toMatchObject({ kind: 'refused', verdict: 'ignore', retry: false, next: true });
    }
    expect(sent).not.toHaveBeenCalled();
    expect(calls()).toMatchObject({ refused: 2, failure: 0 });
  });

  it('counts what is not there by the deadline of the circuit, and not a caller who leaves', async () => {
    const { client, calls, circuit } = await setUp(version);
    const caller = new AbortController();
    const ask = wholeCalls['chat create']!;
    const left = thrown(ask(client, 'slow headers', { signal: caller.signal }));
    setTimeout(() => caller.abort(), 50);
    expect(openAIOutcome(await left).kind).toBe('aborted');
    expect(calls()).toMatchObject({ ignored: 1, failure: 0 });
    circuit.update({ timeoutMs: 50 });
    expect(openAIOutcome(await thrown(ask(client, 'slow headers'))).kind).toBe('timeout');
    expect(calls()).toMatchObject({ ignored: 1, failure: 1 });
  });
});
