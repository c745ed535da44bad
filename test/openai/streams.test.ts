import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { Circuit } from '@brownout/core';
import { classifyOpenAIError, primedStream } from '@brownout/openai';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { useServers } from '../contract/servers.ts';
import { type Client, createClient, streamCalls, versions } from './clients.ts';
import { scriptedUpstream } from './upstream.ts';

const start = useServers();

describe.each(versions)('primedStream of openai v%s', (version) => {
  let client: Client;
  let circuit: Circuit;
  /** What the upstream has been asked, and has not been seen to the end by its client. */
  let asked: ServerResponse[];

  beforeEach(async () => {
    asked = [];
    const upstream = scriptedUpstream();
    upstream.on('request', (_req, res) => asked.push(res));
    client = createClient(version, { baseURL: `${await start(upstream)}/v1` });
    circuit = new Circuit('model', { classify: classifyOpenAIError });
  });
  afterEach(() => expect(circuit.inFlight).toBe(0));

  /** Resolves when the upstream has lost its client. */
  const hungUp = () => (asked[0]!.closed ? undefined : once(asked[0]!, 'close'));

  it.each(Object.entries(streamCalls))('hangs up on the upstream when its reader breaks off (%s)', async (_, open) => {
    for await (const _ of await primedStream((call) => open(client, 'stream stalls', call), { circuit })) break;
    await hungUp();
    expect(circuit.metrics().calls).toMatchObject({ success: 0, failure: 0, ignored: 1 });
  });

  it.each(Object.entries(streamCalls))('hangs up on the upstream when its caller leaves (%s)', async (_, open) => {
    const caller = new AbortController();
    const { signal } = caller;
    const stream = await primedStream((call) => open(client, 'stream stalls', call), { circuit, signal });
    const reading = (async () => {
      for await (const _ of stream);
    })();
    caller.abort('gone');
    await expect(reading).rejects.toBe('gone');
    await hungUp();
    expect(circuit.metrics().calls).toMatchObject({ success: 0, failure: 0, ignored: 1 });
  });

  it.each(Object.entries(streamCalls))('hangs up on an upstream that has fallen silent (%s)', async (_, open) => {
    const stream = await primedStream((call) => open(client, 'stream of keep-alives', call), { circuit, idleMs: 40 });
    const reading = (async () => {
      for await (const _ of stream);
    })();
    await expect(reading).rejects.toMatchObject({ problem: 'stalled' });
    await hungUp();
    expect(circuit.metrics().calls).toMatchObject({ success: 0, failure: 1, ignored: 0 });
  });
});
