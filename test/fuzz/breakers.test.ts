import { type Brownout, createBrownout } from '@brownout/express';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answersOn } from './answer.ts';
import { isFailing, latePrograms, type Program, programsOf } from './commands.ts';
import { expectSame } from './compare.ts';
import { type Ask, exchange, type Outcome } from './exchange.ts';
import { contextCommand, expressCommand, sendingCommand } from './host-commands.ts';
import { expressHosts, koaHosts, rawKoaHosts } from './hosts.ts';
import { headCommand, responseCommand } from './response-commands.ts';
import { timeout, tryAll, useRigs } from './runs.ts';

const up = useRigs();
const programs = programsOf(responseCommand);
const noRules = { failureThreshold: false, failureRateThreshold: false } as const;
const expressPrograms = programsOf(fc.oneof(responseCommand, expressCommand));
const contextPrograms = programsOf(fc.oneof({ weight: 9, arbitrary: contextCommand }, sendingCommand));
const hosts = [
  ...expressHosts.map((host) => [...host, expressPrograms, latePrograms(headCommand, expressPrograms)] as const),
  ...koaHosts.map((host) => [...host, contextPrograms, latePrograms(contextCommand, contextPrograms)] as const),
  ...rawKoaHosts.map((host) => [...host, programs, latePrograms(headCommand, programs)] as const),
];

describe.each(hosts)('A breaker on %s', (_, rig, from, lateFrom) => {
  it('changes nothing in shadow', { timeout }, async () => {
    const brownout = createBrownout();
    const bare = await up(rig());
    const guarded = await up(rig({ brownout, mode: 'shadow' }));
    await tryAll(from, async (ask, program) => {
      await expectSame(bare, guarded, ask, program);
      expect(inFlight(brownout)).toBe(0);
    });
  });

  it('changes nothing while nothing fails', { timeout }, async () => {
    const brownout = createBrownout();
    const bare = await up(rig());
    const guarded = await up(rig({ brownout, ...noRules }));
    const tame = from.map((program) => program.filter((command) => !isFailing(command)));
    await tryAll(tame, async (ask, program) => {
      await expectSame(bare, guarded, ask, program, { unless: (outcome) => isBroken(ask, outcome) });
      expect(inFlight(brownout)).toBe(0);
    });
  });

  it('answers once, and harms nobody, whatever fails', { timeout }, async () => {
    const brownout = createBrownout();
    const unguarded = await up(rig());
    const guarded = await up(rig({ brownout, ...noRules, fallback: [] }));
    await tryAll(from, async (ask, program) => {
      const expected = await exchange(unguarded, ask, program);
      const outcome = await exchange(guarded, ask, program);
      expect(inFlight(brownout)).toBe(0);
      const bare = faults(expected);
      const more = faults(outcome).filter((fault) => !bare.includes(fault));
      expect(more.filter((fault) => fault.startsWith('uncaught'))).toEqual([]);
      if (!isDegraded(outcome)) return; // at most broken off
      expect(more.filter(isHarm)).toEqual([]);
      expectOneAnswer(ask, outcome);
    });
  });

  it('makes harmless what comes after its answer', { timeout }, async () => {
    const brownout = createBrownout();
    const guarded = await up(rig({ brownout, circuit: 'a', ...noRules, fallback: [], timeoutMs: 1 }));
    await tryAll(lateFrom, async (ask, program) => {
      const outcome = await exchange(guarded, ask, program);
      expect(inFlight(brownout)).toBe(0);
      const hasStopped = ask.body === 'unfinished' && /^HTTP\/1\.1 408/m.test(outcome.wire);
      expect(isDegraded(outcome) || hasStopped).toBe(true);
      expectOneAnswer(ask, outcome);
      const answered = answeredAt(program);
      const isEarly = (fault: string) => Number.parseInt(fault, 10) <= answered;
      expect(faults(outcome).filter((fault) => !isEarly(fault) && isHarm(fault))).toEqual([]);
      expect(outcome.handler.observer!.timesCalled('write', 'end').filter((times) => times !== 1)).toEqual([]);
      if (ask.version === '1.1' && ask.connection === undefined && ask.body === 'none')
        expect(outcome.closed).toBe(false);
    });
  });
});

const inFlight = (brownout: Brownout) =>
  [...brownout.circuits.values()].reduce((sum, circuit) => sum + circuit.inFlight, 0);

/** What nobody catches is a failure, too; so is no answer at all, and a body that is not as long as it has promised. */
function isBroken(ask: Ask, { handler, wire }: Outcome): boolean {
  if (handler.observer!.hasUncaught) return true;
  try {
    const [answer] = answersOn(wire, [ask.method, 'GET']);
    return answer === undefined || (answer.headers['content-length'] !== undefined && !answer.whole);
  } catch {
    return true;
  }
}

const isDegraded = ({ wire }: Outcome) => /^brownout-fallback:/im.test(wire);

/** Which command of a late program comes when the answer is out: not those in the listener of the abort. */
function answeredAt(program: Program): number {
  const over = program.findIndex((command) => 'degrade' in command || ('wait' in command && command.wait === 'abort'));
  if ('degrade' in program[over]!) return over;
  const later = program.findIndex((command, at) => at > over && 'wait' in command);
  return later === -1 ? program.length : later;
}

/** What was thrown into the handler, or past it. */
const faults = ({ trace }: Outcome) =>
  trace.filter((line) => /-> throws|^uncaught|^error /.test(line)).map((line) => line.replace(/ \|.*/, ''));

/** What an answered response does to who goes on with it; arguments that a host refuses by itself are not that. */
const isHarm = (fault: string) => /^uncaught|^error |ERR_HTTP|ERR_STREAM/.test(fault);

/** The answer, and that to the next request; or the connection is closed. */
function expectOneAnswer(ask: Ask, { wire, closed }: Outcome): void {
  const [answer, next, ...more] = answersOn(wire, [ask.method, 'GET']);
  expect(answer).toMatchObject({ whole: true });
  expect(more).toEqual([]);
  if (next !== undefined || !closed) expect(next).toMatchObject({ status: 200, body: 'next', whole: true });
}
