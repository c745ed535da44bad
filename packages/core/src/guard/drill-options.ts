import { OptionsError } from '../errors.ts';
import { type OptionRules, parseOptions, rules } from '../options.ts';

/** Which requests are answered by the tiers though all is well, so that these have been tried before they are needed. */
export interface DrillOptions {
  /** A share of all requests, drawn by `random`. @default none */
  readonly rate?: number;
  /** Those that carry a secret. @default none */
  readonly header?: DrillHeader;
}

export interface DrillHeader {
  /** In any case. Not one that means something else to a server. @default 'Brownout-Drill' */
  readonly name?: string;
  /** 16 visible ASCII characters or more: whoever knows them can have degraded answers. */
  readonly value: string;
}

/** The options with their defaults filled in. */
export interface DrillSettings {
  readonly rate: number;
  /** The name in lower case. */
  readonly header: Required<DrillHeader> | undefined;
}

const isSecret = (value: unknown): boolean => typeof value === 'string' && /^[\x21-\x7e]{16,}$/.test(value);

/** A token (RFC 9110 §5.6.2). What such a header says else would be lost to the keys of cached answers. */
const fieldName = rules.rule(
  'the name of a header that is used for nothing else, such as `Brownout-Drill`',
  (value) =>
    typeof value === 'string' &&
    /^[\w!#$%&'*+.^`|~-]+$/.test(value) &&
    !/^(?:authorization|proxy-authorization|cookie|host|content-.*|transfer-encoding|accept(?:-.*)?|origin|forwarded|x-forwarded-.*)$/i.test(
      value,
    ),
);

const drillRules: OptionRules<DrillOptions> = { rate: rules.share(), header: rules.plainObject };
const headerRules: OptionRules<DrillHeader> = { name: fieldName, value: rules.any };

/** @throws OptionsError, which never shows the secret */
export function parseDrill(given: DrillOptions): DrillSettings {
  const { rate = 0, header } = parseOptions<DrillOptions>('drill', given, drillRules);
  if (rate === 0 && header === undefined) throw new OptionsError('`drill` requires a `rate`, a `header`, or both.');
  return Object.freeze({ rate, header: header && parseHeader(header) });
}

function parseHeader(given: DrillHeader): Required<DrillHeader> {
  const { name = 'Brownout-Drill', value } = parseOptions<DrillHeader>('drill.header', given, headerRules);
  if (!isSecret(value)) {
    const got = typeof value === 'string' ? `a string of ${value.length}` : typeof value;
    throw new OptionsError(
      `Expected \`drill.header.value\` to be a secret of 16 or more visible ASCII characters, got ${got}.`,
    );
  }
  return Object.freeze({ name: name.toLowerCase(), value: value as string });
}

/** A row, or a breaker, may switch off what it would inherit. */
export const drillRule = rules.or(
  rules.plainObject,
  rules.rule('false', (value) => value === false),
);
