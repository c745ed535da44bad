import { resolve } from 'node:path';
import { applicationsOf } from '../answers/applications.ts';
import { contentsOf } from '../answers/lru.ts';
import { type Brownout, brownout as processDefault, setRule } from '../brownout.ts';
import { OptionsError } from '../errors.ts';
import { expectOption, isPlainObject, type OptionRules, parseOptions, rules } from '../options.ts';
import { AnswersFile } from './answers-file.ts';
import { KeptFile } from './kept-file.ts';
import { Persistence } from './persistence.ts';
import { StateFile } from './state-file.ts';

export interface PersistOptions {
  /** Where the states and counts of its circuits are kept, mode 0600. Its folder must be there. Two processes are given a file each. */
  readonly file: string;
  /** Which set of circuits. @default the process's, `brownout` */
  readonly brownout?: Brownout;
  /** Whether the answers of the set's store are kept, too, in `<file>.answers`: as they are, in the clear, mode 0600. @default false */
  readonly answers?: boolean;
  /** The applications that share those answers, by names that stay. Needed where they are more than one. */
  readonly applications?: Readonly<Record<string, object>>;
  /** How often it is looked whether there is something new to write, in milliseconds. @default 30000 */
  readonly everyMs?: number;
}

const isApplication = (value: unknown) => typeof value === 'function' || (typeof value === 'object' && value !== null);
const known: OptionRules<PersistOptions> = {
  file: rules.text,
  brownout: setRule,
  answers: rules.boolean,
  applications: rules.rule(
    'a plain object of applications by their names',
    (value) => isPlainObject(value) && Object.values(value).every(isApplication),
  ),
  everyMs: rules.durationAbove0,
};

/**
 * Carries a set of circuits over a restart: takes up at once what the last process has left in `file`, then writes it again and again,
 * and when it is closed. Call it at start-up, before the first request. A file that is damaged, too large, of a newer version or none of
 * ours is renamed to `<file>.corrupt-<time>`, three of which are kept. Nothing that fails throws: it is a `persist_failed` event.
 *
 * @throws OptionsError for an unknown or bad option, and for `answers` where the set's store is not in memory
 */
export function persist(options: PersistOptions): Persistence {
  const given = parseOptions<PersistOptions>('persist', options, known);
  expectOption('file', given.file, rules.text);
  const { brownout: set = processDefault, answers = false, applications, everyMs = 30_000 } = given;
  const path = resolve(given.file!);
  const files = [new KeptFile(path, new StateFile(set), set.events, set.clock)];
  if (applications !== undefined && !answers) throw new OptionsError('`applications` requires `answers: true`.');
  if (answers) files.push(new KeptFile(`${path}.answers`, answersFile(set, applications), set.events, set.clock));
  for (const file of files) file.restore();
  return new Persistence(files, everyMs);
}

function answersFile(set: Brownout, named: PersistOptions['applications']): AnswersFile {
  const contents = contentsOf(set.answers);
  if (contents === undefined)
    throw new OptionsError(
      '`answers: true` requires that the set keeps them in the memory of this process, as `lruAnswers()` does: a store of another kind keeps them itself.',
    );
  const applications = applicationsOf(set.answers);
  if (named !== undefined) applications.expectNames(named);
  return new AnswersFile(contents, applications, set.clock);
}
