import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { rename, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { lruAnswers } from '../answers/lru.ts';
import type { StoredAnswer } from '../answers/store.ts';
import { type Brownout, createBrownout } from '../brownout.ts';
import { OptionsError } from '../errors.ts';
import type { BrownoutEvents } from '../events.ts';
import { type PersistOptions, persist } from './persist.ts';

const DAY_MS = 86_400_000;
let folder: string;
let file: string;
let time: { now: number; wall: number };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'brownout-'));
  file = join(folder, 'state');
  time = { now: 5e6, wall: Date.UTC(2026, 10, 20, 10) };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A set in a process of its own: nothing of another is left but its files. */
function boot(more: Partial<PersistOptions> = {}, maxBytes?: number) {
  const own = { now: Math.random() * 1e6 - time.now, wall: 0 };
  const clock = { now: () => own.now + time.now, wall: () => own.wall + time.wall };
  const answers = lruAnswers({ clock, ...(maxBytes && { maxBytes }) });
  const set = createBrownout({ clock, answers, failureThreshold: 1, jitter: 0 });
  const told: (BrownoutEvents['persist_failed'] | BrownoutEvents['persist_recovered'])[] = [];
  set.on('persist_failed', (event) => void told.push(event));
  set.on('persist_recovered', (event) => void told.push(event));
  const kept = persist({ file, brownout: set, answers: true, everyMs: 1e9, ...more });
  return { set, answers, kept, told };
}

const keyOf = (name: string) => name.padEnd(64, '0').replace(/[^0-9a-f]/g, 'e');
const answerOf = (body: string, more: Partial<StoredAnswer> = {}): StoredAnswer => ({
  status: 200,
  headers: { 'content-type': 'text/plain', vary: 'accept' },
  body: Buffer.from(body),
  storedAt: time.wall,
  maxAgeMs: DAY_MS,
  ...more,
});
const pass = (ms: number) => {
  time.now += ms;
  time.wall += ms;
};
function fail(set: Brownout, name = 'a') {
  const permit = set.circuit(name).admit();
  if (permit.admitted) permit.failure(1);
}
const others = () => readdirSync(folder).filter((name) => name !== 'state' && name !== 'state.answers');
const bodyOf = (found: StoredAnswer | undefined) => found && Buffer.from(found.body).toString();

describe('persist', () => {
  it('carries states and counts over a restart, and what was set by hand', async () => {
    const before = boot();
    const at = time.wall;
    fail(before.set);
    before.set.circuit('b').forceOpen('maintenance');
    pass(5_000);
    await before.kept.close();
    pass(5_000);
    const after = boot();
    expect(after.set.circuit('a').retryAfterMs).toBe(20_000);
    expect(after.set.circuit('a').metrics()).toMatchObject({ calls: { failure: 1 }, transitions: { tripped: 1 } });
    expect(after.set.circuit('b').metrics().override).toEqual({ mode: 'forced_open', why: 'maintenance', at });
    expect(after.told).toEqual([]);
  });

  it('carries on what nobody has asked for meanwhile, and lets it go after thirty days', async () => {
    const first = boot();
    fail(first.set);
    await first.kept.close();
    pass(20 * DAY_MS);
    await boot().kept.close();
    pass(9 * DAY_MS);
    const third = boot();
    await third.kept.close();
    expect(third.set.circuit('a').metrics().calls.failure).toBe(1);
    pass(2 * DAY_MS);
    expect(boot().set.circuit('a').metrics().calls.failure).toBe(0);
  });

  it('carries on what nobody has asked for, though the set was closed first', async () => {
    const before = boot();
    before.set.circuit('a').forceOpen('maintenance');
    await before.kept.close();
    const between = boot();
    between.set.close();
    await between.kept.close();
    expect(boot().set.circuit('a').metrics().override).toMatchObject({ mode: 'forced_open', why: 'maintenance' });
  });

  it('writes files that nobody else may read, and leaves nothing beside them', async () => {
    const old = process.umask(0);
    try {
      writeFileSync(file, 'none of ours', { mode: 0o666 });
      const { kept, set, answers, told } = boot();
      for (const save of [() => kept.save(), () => kept.saveSync()]) {
        fail(set);
        answers.set(keyOf('a'), answerOf('a'));
        await save();
      }
      for (const name of ['state', 'state.answers']) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
      expect(others().map((name) => join(folder, name))).toEqual([
        (told[0] as BrownoutEvents['persist_failed']).setAside,
      ]);
    } finally {
      process.umask(old);
    }
  });

  it('writes only what is new, when it is asked to, and in the end what time has changed', async () => {
    const { kept, set, answers } = boot();
    const written = () => ['state', 'state.answers'].filter((name) => readdirSync(folder).includes(name));
    await kept.save();
    expect(written()).toEqual([]);
    fail(set);
    await kept.save();
    expect(written()).toEqual(['state']);
    answers.set(keyOf('a'), answerOf('a'));
    await kept.save();
    expect(written()).toEqual(['state', 'state.answers']);
    await Promise.all([unlink(file), unlink(`${file}.answers`)]);
    pass(1_000);
    answers.get(keyOf('a'));
    await kept.save();
    expect(written()).toEqual([]);
    await kept.close();
    await kept.close();
    expect(written()).toEqual(['state']);
    await unlink(file);
    kept.saveSync();
    expect(written()).toEqual([]);
  });

  it('writes by itself from time to time', async () => {
    const { set, kept } = boot({ everyMs: 5 });
    fail(set);
    await expect.poll(() => readdirSync(folder), { timeout: 10_000 }).toContain('state');
    await kept.close();
  });

  it('is closed at the end of its block', async () => {
    {
      const { kept, set } = boot();
      await using closed = kept;
      fail(set);
      expect(closed).toBe(kept);
    }
    expect(readdirSync(folder)).toEqual(['state']);
  });

  describe('of answers', () => {
    it('carries them as they were, in the order of their use', async () => {
      const before = boot({}, 1_000);
      for (const name of ['a', 'b', 'c']) before.answers.set(keyOf(name), answerOf(name.repeat(200)));
      before.answers.set(keyOf('d'), answerOf('', { status: 0, headers: { vary: 'x' } }));
      before.answers.get(keyOf('a'));
      before.kept.saveSync();
      const after = boot({}, 1_000);
      expect(after.answers.get(keyOf('d'))).toMatchObject({ status: 0, headers: { vary: 'x' } });
      expect(after.answers.stats.entries).toBe(4);
      after.answers.set(keyOf('e'), answerOf('e'.repeat(700)));
      expect(['a', 'b', 'c'].map((name) => bodyOf(after.answers.get(keyOf(name)))?.length)).toEqual([
        200,
        undefined,
        undefined,
      ]);
      const { body, ...answer } = after.answers.get(keyOf('a'))!;
      expect({ ...answer, text: Buffer.from(body).toString() }).toEqual({
        ...answerOf(''),
        body: undefined,
        text: 'a'.repeat(200),
      });
      expect(body.buffer.byteLength).toBe(200);
    });

    it('replaces none by an older one, when it comes late or two sets share a store', async () => {
      const before = boot();
      before.answers.set(keyOf('a'), answerOf('old'));
      await before.kept.close();
      pass(1);
      const answers = lruAnswers({ clock: before.set.clock });
      answers.set(keyOf('a'), answerOf('new'));
      persist({ file, brownout: createBrownout({ answers, clock: before.set.clock }), answers: true, everyMs: 1e9 });
      expect(Buffer.from(answers.get(keyOf('a'))!.body).toString()).toBe('new');
    });

    it('leaves those to die at their time, whatever was done to the clock', async () => {
      const before = boot();
      before.answers.set(keyOf('a'), answerOf('a', { maxAgeMs: 60_000 }));
      pass(40_000);
      await before.kept.close();
      pass(10_000);
      const after = boot();
      expect(bodyOf(after.answers.get(keyOf('a')))).toBe('a');
      pass(10_001);
      expect(after.answers.get(keyOf('a'))).toBeUndefined();
      expect(boot().answers.stats.entries).toBe(0);
      // the wall clock was set back to when it was made: it has the twenty seconds that were left, and no more
      time.wall -= 60_001;
      const earlier = boot();
      expect(bodyOf(earlier.answers.get(keyOf('a')))).toBe('a');
      time.now += 20_001;
      expect(earlier.answers.get(keyOf('a'))).toBeUndefined();
      // and further: what has happened since it was made cannot be told any more
      time.wall -= 1;
      expect(boot().answers.stats.entries).toBe(0);
      time.wall += 365 * DAY_MS;
      expect(boot().answers.stats.entries).toBe(0);
    });

    it('counts their time by both clocks, the time that the process was down included', async () => {
      const before = boot();
      before.answers.set(keyOf('a'), answerOf('a', { maxAgeMs: 60_000 }));
      // twenty seconds are left, though the wall clock stands as it did
      time.now += 40_000;
      await before.kept.close();
      pass(10_000);
      const after = boot();
      expect(bodyOf(after.answers.get(keyOf('a')))).toBe('a');
      pass(10_001);
      expect(after.answers.get(keyOf('a'))).toBeUndefined();
      expect(boot().answers.stats.entries).toBe(0);
    });

    it('carries what makes them out of date', async () => {
      const before = boot();
      const note = { ...answerOf(''), status: 0 };
      before.answers.set(keyOf('f00d'), note, true);
      await before.kept.close();
      const after = boot();
      expect(after.answers.hasNotes).toBe(true);
      expect(after.answers.get(keyOf('f00d'), true)?.storedAt).toBe(time.wall);
      time.wall -= 1_000;
      // or nothing could be stored on that path until then
      expect(boot().answers.get(keyOf('f00d'), true)?.storedAt).toBe(time.wall);
    });

    it('are not kept where several applications have them and no names', async () => {
      const application = { answers: true, applications: { shop: {}, admin: () => {} } };
      expect(() => boot({ answers: false, applications: {} })).toThrow('`applications` requires `answers: true`.');
      expect(() => boot({ ...application, applications: { shop: 'app' } as never })).toThrow(OptionsError);
      expect(() => boot(application)).not.toThrow();
    });

    it('must be in memory', () => {
      const store = { get: () => undefined, set: () => {}, delete: () => {} };
      const brownout = createBrownout({ answers: store });
      expect(() => persist({ file, brownout, answers: true })).toThrow(
        '`answers: true` requires that the set keeps them',
      );
    });
  });

  describe('sets aside', () => {
    async function written() {
      const { set, answers, kept } = boot();
      fail(set);
      answers.set(keyOf('a'), answerOf('a'));
      await kept.close();
    }
    /** Writes, spoils, and tells what came of it. */
    async function spoilt(name: string, spoil: (path: string) => unknown) {
      await written();
      await spoil(join(folder, name));
      const { set, answers, told } = boot();
      return {
        told,
        aside: others(),
        failures: set.circuit('a').metrics().calls.failure,
        entries: answers.stats.entries,
      };
    }

    const content = (change: (bytes: Buffer) => Buffer | string) => (path: string) =>
      writeFileSync(path, change(readFileSync(path)));
    const cases: [string, (path: string) => unknown, RegExp][] = [
      ['an empty one', content(() => ''), /It is no (state|answers) file of brownout/],
      [
        'somebody else’s',
        content(() => '{"name":"package","version":"1.0.0"}\n'),
        /It is no (state|answers) file of brownout/,
      ],
      [
        'half of one',
        content((bytes) => bytes.subarray(0, bytes.length / 2)),
        /It is damaged: its checksum is another/,
      ],
      [
        'one with a changed bit',
        content((bytes) => bytes.fill(bytes.at(-20)! ^ 1, bytes.length - 20, bytes.length - 19)),
        /damaged: its checksum/,
      ],
      ['one with more behind it', content((bytes) => Buffer.concat([bytes, bytes])), /damaged: its checksum/],
      ['a newer one', content((bytes) => bytes.toString('latin1').replace(' 1 ', ' 2 ')), /of a newer version, 2/],
      [
        'one with another first line',
        content((bytes) => bytes.toString('latin1').replace(' 1 ', ' 1 x ')),
        /its first line/,
      ],
      [
        'a link, which is not followed',
        async (path) => {
          await rename(path, `${path}-elsewhere`);
          symlinkSync(`${path}-elsewhere`, path);
        },
        /It is a symbolic link/,
      ],
    ];
    it.each(
      cases.flatMap(([what, spoil, why]) => [
        [what, 'state', spoil, why] as const,
        [what, 'state.answers', spoil, why] as const,
      ]),
    )('%s: %s', async (_, name, spoil, why) => {
      const { told, aside, failures, entries } = await spoilt(name, spoil);
      const isState = name === 'state';
      expect([failures, entries]).toEqual(isState ? [0, 1] : [1, 0]);
      expect(told).toMatchObject([
        { operation: 'read', file: join(folder, name), error: { message: expect.stringMatching(why) } },
      ]);
      expect(aside).toContain(`${name}.corrupt-20261120T100000.000Z`);
      expect(told[0]).toMatchObject({ setAside: join(folder, `${name}.corrupt-20261120T100000.000Z`) });
    });

    it('one that is too large, without reading it', async () => {
      const { told } = await spoilt('state.answers', (path) => truncateSync(path, 170 * 1024 * 1024));
      expect(told).toMatchObject([{ error: { message: expect.stringContaining('are expected at most') } }]);
    });

    it('what a checksum stands for and is no snapshot, changing nothing', async () => {
      for (const json of [
        'null',
        '{}',
        '[1]',
        '{"version":1,"circuits":null}',
        '{"version":1,"circuits":{"a":{"at":9e15}}}',
      ]) {
        const text = Buffer.from(json);
        writeFileSync(file, `brownout state 1 ${crc32(text).toString(16)}\n${text}`);
        const { told, set } = boot();
        expect(told).toMatchObject([
          { operation: 'read', error: { name: 'ForeignFileError', message: 'It is damaged' } },
        ]);
        expect(set.snapshot().circuits).toEqual({});
        pass(1);
      }
      expect(others()).toHaveLength(3);
    });

    it('no more than three of them', async () => {
      for (let at = 0; at < 6; at++) {
        await spoilt(
          'state',
          content(() => `${at}`),
        );
        pass(1_000);
      }
      const contents = others().map((name) => readFileSync(join(folder, name), 'utf8'));
      expect(contents).toEqual(['3', '4', '5']);
    });
  });

  it('tells once that nothing can be written, goes on, and tells when it can', async () => {
    const { set, kept, told } = boot({ file: join(folder, 'new', 'state'), answers: false });
    for (let at = 0; at < 3; at++) {
      fail(set, `c${at}`);
      await kept.save();
      kept.saveSync();
    }
    expect(told).toMatchObject([{ operation: 'write', file: join(folder, 'new', 'state'), error: { code: 'ENOENT' } }]);
    mkdirSync(join(folder, 'new'));
    await kept.save();
    expect(told).toMatchObject([{ operation: 'write' }, { file: join(folder, 'new', 'state') }]);
    expect(readdirSync(join(folder, 'new'))).toEqual(['state']);
  });

  it('leaves a folder alone that has the name of its file', async () => {
    mkdirSync(file);
    const { kept, set, told } = boot({ answers: false });
    fail(set);
    await kept.close();
    expect(told).toMatchObject([{ operation: 'read', error: { message: 'It is no file' } }]);
    expect(readdirSync(folder)).toEqual(['state']);
  });

  it('warns where nobody listens', () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    try {
      writeFileSync(file, 'none of ours');
      persist({ file, brownout: createBrownout() });
      expect(warn).toHaveBeenCalledWith(
        expect.stringMatching(/^Cannot read `.*state`: It is no state file of brownout\. It is `.*corrupt-.*` now\.$/),
        { type: 'BrownoutWarning', code: 'BROWNOUT_PERSIST' },
      );
    } finally {
      warn.mockRestore();
    }
  });

  it('removes what was left by processes that were killed, and leaves what others write', () => {
    const names = [`state.1-${'a'.repeat(12)}.tmp`, `state.2-${'b'.repeat(12)}.tmp`, 'state.mine.tmp'];
    for (const name of names) writeFileSync(join(folder, name), '');
    for (const name of [names[0]!, names[2]!]) utimesSync(join(folder, name), 1, 1);
    boot();
    expect(readdirSync(folder).sort()).toEqual(names.slice(1).sort());
  });

  it('has what was written last, of two sets that write one file', async () => {
    const [one, other] = [boot(), boot()];
    fail(one.set);
    for (let at = 0; at < 3; at++) fail(other.set, `c${at}`);
    await Promise.all([one.kept.save(), other.kept.save(), one.kept.close(), other.kept.close()]);
    const { told, set } = boot();
    expect(told).toEqual([]);
    expect(set.snapshot().circuits).toHaveProperty(Object.keys(set.snapshot().circuits)[0] === 'a' ? 'a' : 'c0');
    expect(others()).toEqual([]);
  });

  it('is written at once, too, while it is being closed', async () => {
    const { set, kept } = boot();
    fail(set);
    const closing = kept.close();
    kept.saveSync();
    expect(boot().set.circuit('a').metrics().calls.failure).toBe(1);
    await Promise.all([closing, kept.save()]);
    expect(others()).toEqual([]);
  });

  it('is not overtaken by a write that began earlier', async () => {
    const { set, kept, answers } = boot();
    for (let at = 0; at < 50; at++) answers.set(keyOf(String(at)), answerOf('x'.repeat(100_000)));
    const early = kept.save();
    const begun = () => others().some((name) => statSync(join(folder, name)).size > 0);
    while (!begun()) await new Promise(setImmediate);
    fail(set);
    // what the earlier one has written already
    answers.delete(keyOf('0'));
    kept.saveSync();
    const saved = [readFileSync(file), readFileSync(`${file}.answers`)];
    await early;
    expect([readFileSync(file), readFileSync(`${file}.answers`)]).toEqual(saved);
    expect(others()).toEqual([]);
  });

  it.each([
    ['no file', {}, 'Expected `file` to be a string that is not empty, got `undefined` (undefined).'],
    ['an unknown option', { file: 'a', every: 1 }, '`persist` has no option `every`; the nearest is `everyMs`.'],
    [
      'a bad value',
      { file: 'a', everyMs: 0 },
      'Expected `everyMs` to be a finite number of milliseconds above 0, got `0` (number).',
    ],
    [
      'a set that is none',
      { file: 'a', brownout: {} },
      'Expected `brownout` to be a set of circuits, as `createBrownout()` returns, got an object.',
    ],
  ])('refuses %s', (_, options, message) => {
    expect(() => persist(options as never)).toThrow(new OptionsError(message));
  });
});
