import type { CircuitSummary } from './contract.ts';
import { type Html, html } from './html.ts';
import { iconOf, rowOf, shownState } from './page/row.js';

interface Column {
  readonly label: string;
  readonly kind: string;
  /** What the table is sorted by when its head is pressed. */
  readonly order?: string;
}

const columns: readonly Column[] = [
  { label: 'Circuit', kind: 'name', order: 'name' },
  { label: 'State', kind: 'state', order: 'problems' },
  { label: 'Failures', kind: 'rate', order: 'failures' },
  { label: 'Calls/min', kind: 'num', order: 'calls' },
  { label: 'p50', kind: 'num' },
  { label: 'p95', kind: 'num', order: 'latency' },
  { label: 'p99', kind: 'num' },
  { label: 'Users are served, 5 min', kind: 'served' },
  { label: 'Last hour', kind: 'trail' },
];

/** The roles are said twice, since a browser forgets them where a style sheet lays rows out as cards. */
export const tableHead: Html = html`<thead role="rowgroup"><tr role="row">
${columns.map(
  ({ label, kind, order = '' }) =>
    html`<th role="columnheader" scope="col" class="${kind}" data-order="${order}">${label}</th>\n`,
)}</tr></thead>`;

/** One circuit. */
export function rowMarkup(circuit: CircuitSummary, now: number): Html {
  const row = rowOf(circuit, now);
  return html`<tr role="row" data-circuit="${circuit.name}" data-status="${circuit.status}" data-state="${shownState(circuit)}">
<th role="rowheader" scope="row" class="name"><a href="${circuit.href}">${circuit.name}</a><small data-f="tags">${row.tags}</small></th>
<td role="cell" class="state"><span class="badge"><svg class="icon" data-icon="${iconOf(circuit)}" aria-hidden="true"><use href="#i-${iconOf(circuit)}"></use></svg><b data-f="state">${row.state}</b></span><small data-f="note">${row.note}</small></td>
<td role="cell" class="rate" data-label="Failures"><span><b data-f="rate">${row.rate}</b> <small data-f="limit">${row.limit}</small></span>${meter(row.meter)}</td>
<td role="cell" class="num" data-label="Calls/min" data-f="calls">${row.calls}</td>
<td role="cell" class="num" data-label="p50" data-f="p50">${row.p50}</td>
<td role="cell" class="num" data-label="p95" data-f="p95">${row.p95}</td>
<td role="cell" class="num" data-label="p99" data-f="p99">${row.p99}</td>
<td role="cell" class="served" data-label="Users are served">${bar('levels', row.served)}<span class="keys">${row.served.map(
    ({ key, text }) => html`<span data-key="${key}">${text}</span>`,
  )}</span></td>
<td role="cell" class="trail" data-label="Last hour">${bar('stretches', row.stretches)}<span class="unseen" data-f="trail">${row.trail}</span></td>
</tr>
`;
}

/** Lengths are attributes of SVG: a strict policy allows no style in markup. */
const bar = (kind: string, pieces: Row['served'] | Row['stretches']): Html =>
  html`<svg class="bar ${kind}" aria-hidden="true">${pieces.map(
    ({ key, x, width }) => html`<rect data-key="${key}" x="${x}" width="${width}"></rect>`,
  )}</svg>`;

const meter = ({ rate, limit }: Row['meter']): Html =>
  html`<svg class="bar meter" aria-hidden="true"><rect width="${rate}"></rect><line x1="${limit}" x2="${limit}" y2="100%"></line></svg>`;

type Row = ReturnType<typeof rowOf>;
