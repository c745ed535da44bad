import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { type Answer, answersOn } from './answer.ts';
import { programsOf } from './commands.ts';
import { expectSame } from './compare.ts';
import type { Ask } from './exchange.ts';
import { exchange2 } from './exchange2.ts';
import { gatedNode, nodeRig } from './gated.ts';
import { responseCommand } from './response-commands.ts';
import { timeout, tryAll, useRigs } from './runs.ts';

const up = useRigs();
const programs = programsOf(responseCommand);

describe('A gate that accepts everything', () => {
  it('changes nothing', { timeout }, async () => {
    const bare = await up(nodeRig(1));
    const { rig, attempt } = gatedNode(1, false);
    const gated = await up(rig);
    await tryAll(programs, async (ask, program) => {
      await expectSame(bare, gated, ask, program);
      expect(attempt().endings).toHaveLength(1);
    });
  });

  it('changes nothing on HTTP/2', { timeout }, async () => {
    const bare = await up(nodeRig(2));
    const { rig, attempt } = gatedNode(2, false);
    const gated = await up(rig);
    await tryAll(programs, async (ask, program) => {
      await expectSame(bare, gated, ask, program, { by: exchange2 });
      expect(attempt().endings).toHaveLength(1);
    });
  });

  it('captures what goes out, and changes nothing', { timeout }, async () => {
    const bare = await up(nodeRig(1));
    const { rig, attempt } = gatedNode(1, true);
    const gated = await up(rig);
    await tryAll(programs, async (ask, program) => {
      const { wire } = await expectSame(bare, gated, ask, program);
      const { captured } = attempt();
      if (captured === undefined || captured.status < 200 || ask.method === 'HEAD') return;
      const length = captured.headers['content-length'];
      if (length !== undefined && Number(length) !== captured.body.byteLength) return; // kept by no cache
      const answer = firstAnswer(wire, ask);
      if (answer?.whole !== true || answer.status === 204 || answer.status === 304) return;
      expect(Buffer.from(captured.body).toString('latin1')).toBe(answer.body);
      expect(own(captured.headers)).toEqual(own(answer.headers));
    });
  });
});

describe('The comparison', () => {
  type Method = (...args: unknown[]) => unknown;
  const wrapped = (name: 'write' | 'end' | 'setHeader', wrap: (method: Method) => Method) =>
    nodeRig(1, (res) => Object.assign(res, { [name]: wrap(res[name].bind(res) as Method) }) as ServerResponse);

  it.each([
    [
      'another return value',
      wrapped(
        'end',
        (end) =>
          (...args) =>
            void end(...args),
      ),
    ],
    [
      'a lost callback',
      wrapped('write', (write) => (chunk, coding) => write(chunk, typeof coding === 'string' ? coding : null)),
    ],
    [
      'a swallowed exception',
      wrapped('setHeader', (set) => (...args) => {
        try {
          return set(...args);
        } catch {
          return undefined;
        }
      }),
    ],
    [
      'a copied chunk',
      wrapped(
        'write',
        (write) =>
          (chunk, ...rest) =>
            write(typeof chunk === 'string' ? Buffer.from(chunk) : chunk, ...rest),
      ),
    ],
  ])('finds %s', { timeout }, async (_, rig) => {
    const bare = await up(nodeRig(1));
    const other = await up(rig);
    const compared = tryAll(programs, async (ask, program) => void (await expectSame(bare, other, ask, program)), {
      seed: 1,
      numRuns: 2_000,
      endOnFailure: true,
    });
    await expect(compared).rejects.toThrow('Property failed');
  });
});

/** `undefined` where what the handler has sent is no answer, as without a gate. */
function firstAnswer(wire: string, ask: Ask): Answer | undefined {
  try {
    return answersOn(wire, [ask.method, 'GET'])[0];
  } catch {
    return undefined;
  }
}

/** Headers that are the handler's own, as one text each. */
function own(headers: Readonly<Record<string, string | readonly string[]>>): Record<string, string> {
  const pairs = Object.entries(headers).filter(([name]) => !framing.has(name));
  // Node writes them in the coding of the first chunk
  const text = (value: string | readonly string[]) => String(value).replaceAll(/[^ -~]/g, '');
  return Object.fromEntries(pairs.map(([name, value]) => [name, text(value)]).filter(([, value]) => value !== ''));
}
const framing = new Set(['date', 'connection', 'keep-alive', 'content-length', 'transfer-encoding', 'trailer']);
