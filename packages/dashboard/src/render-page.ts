import type { CircuitSummary } from './contract.ts';
import { html } from './html.ts';
import { icons } from './icons.ts';
import { orders, sorted } from './page/order.js';
import { headline, iconUrl, overviewOf, worst } from './page/overview.js';
import type { PageFacts } from './page-seam.ts';
import { rowMarkup, tableHead } from './table-markup.ts';

const styles = ['tokens', 'page', 'table', 'cards', 'details', 'charts', 'dialog', 'uplot'];

/** For circuits that come to be while the page is open. */
const blank: CircuitSummary = {
  name: '',
  href: '',
  state: 'closed',
  mode: 'enforce',
  status: 'healthy',
  stateSince: 0,
  inFlight: 0,
  callsPerMinute: 0,
  calls: { success: 0, failure: 0, ignored: 0, refused: 0, slow: 0, late: 0 },
  served: {},
  reasons: {},
  transitions: { tripped: 0, reopened: 0, halfOpened: 0, closed: 0, wouldTrip: 0 },
  trail: '',
};

/** The page as HTML, with addresses relative to it: whole and readable without its script, which takes over the same table. */
export function renderPage({ summaries, canChange, at }: PageFacts): string {
  const overview = overviewOf(summaries);
  const when = new Date(at).toISOString();
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${headline(overview)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" id="icon" href="${iconUrl(worst(overview))}">
${styles.map((name) => html`<link rel="stylesheet" href="assets/${name}.css">\n`)}<script src="assets/theme.js"></script>
<script type="module" src="assets/page.js"></script>
</head>
<body data-can-change="${String(canChange)}" data-at="${at}" data-link="still">
${icons}
<a class="skip" href="#circuits">Skip to the circuits</a>
<header class="top">
<p class="brand">brownout</p>
<p class="link" id="link">As of <time datetime="${when}">${when.slice(11, 19)} UTC</time>. Reload for the latest.</p>
<button type="button" class="quiet" id="theme" hidden></button>
</header>
<main>
<section id="list" aria-labelledby="headline">
<h1 id="headline" tabindex="-1">${headline(overview)}</h1>
<p id="counts">${overview.failed} failed, ${overview.degraded} degraded, ${overview.healthy} healthy; ${overview.by_hand} by hand or in shadow mode.</p>
<form id="tools" class="tools" role="search" aria-label="Circuits" hidden>
<fieldset id="chips" class="chips"><legend class="unseen">Show</legend></fieldset>
<label class="find"><span class="unseen">Find by name</span><input id="find" type="search" placeholder="Find by name" autocomplete="off" spellcheck="false" aria-keyshortcuts="/"></label>
<label class="sort"><span>Sort by</span> <select id="sort">${Object.entries(orders).map(([key, label]) => html`<option value="${key}">${label}</option>`)}</select></label>
</form>
<table id="circuits" class="circuits" role="table" aria-labelledby="headline" tabindex="-1">
${tableHead}
<tbody id="rows" role="rowgroup">
${sorted(summaries, 'problems').map((circuit) => rowMarkup(circuit, at))}</tbody>
</table>
<p id="empty" class="empty">${summaries.length > 0 ? '' : 'A circuit appears here once its middleware is made, or its route is first asked.'}</p>
</section>
<article id="details" class="details" aria-labelledby="name" hidden></article>
</main>
<p id="announce" class="unseen" role="status" aria-live="polite"></p>
<template id="row">${rowMarkup(blank, at)}</template>
</body>
</html>
`.text;
}
