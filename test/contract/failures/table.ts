import { type Exception, type Form, forms, type Outcome } from './forms.ts';

type Family = 'Express' | 'Koa';

const heading = [
  '| the handler | the client gets | the circuit counts | error handlers see it | the connection |',
  '| --- | --- | --- | --- | --- |',
];

/** The forms of failure that are possible on hosts of a family, as the table in its adapter's README shows them. */
export function tableOf(family: Family): string[] {
  const possible = forms.filter(({ on }) => on === undefined || on.startsWith(family));
  return [...heading, ...possible.map((form) => row(form, family))];
}

function row({ form, on, gives, but = [] }: Form, family: Family): string {
  const here = but.filter(({ host }) => host === undefined || host.startsWith(family));
  const cell = (field: keyof Outcome) => {
    const exceptions = here.filter((exception) => exception[field] !== undefined);
    const everywhere = exceptions.find(({ host, styles }) => host === family && styles === undefined);
    const usual = say(field, everywhere?.[field] ?? gives[field]);
    const unusual = exceptions.filter((one) => one !== everywhere && say(field, one[field]) !== usual);
    return [usual, ...unusual.map((one) => `${where(one, family)}: ${say(field, one[field])}`)].join('; ');
  };
  const name = on === undefined || on === family ? form : `${form} (${on})`;
  return `| ${[name, cell('client'), cell('counts'), cell('reports'), cell('connection')].join(' | ')} |`;
}

function where({ host, styles }: Exception, family: Family): string {
  const version = host === undefined || host === family ? [] : [host];
  const way = styles === undefined ? [] : [styles.includes('guarded') ? 'with `guarded`' : 'with `breaker()`'];
  return [...version, ...way].join(' ');
}

function say(field: keyof Outcome, value: Outcome[keyof Outcome] | undefined): string {
  if (field === 'reports') return value === 1 ? 'once' : 'no';
  if (field !== 'client') return String(value);
  const [, status, ending = '', reason] = /^(\w+),? ?(broken|last words|) ?(\w*)$/.exec(String(value))!;
  if (ending === 'last words') return `what came, then \`event: brownout\`, reason \`${reason}\``;
  if (ending === 'broken') return 'a broken body';
  if (reason) return `a degraded answer, reason \`${reason}\``;
  return { 200: 'the first answer', nothing: 'nothing', left: '(it has left)' }[status!] ?? `its ${status}`;
}
