import type { ReplyHeaders } from '../reply.ts';

/** The content headers of each form that is not JSON. Shared: nobody changes them. */
export const formHeaders: Readonly<Record<'html' | 'text' | 'sse', ReplyHeaders>> = {
  html: { 'content-type': 'text/html; charset=utf-8' },
  text: { 'content-type': 'text/plain; charset=utf-8' },
  sse: { 'content-type': 'text/event-stream; charset=utf-8' },
};

/** One event `brownout` with the data as JSON on one line: JSON has no raw line break. */
export const sseEvent = (data: object) => `event: brownout\ndata: ${JSON.stringify(data)}\n\n`;

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

export const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (character) => entities[character]!);

/** A page that needs nothing else: no script, no request, readable without its style. `main` is HTML, `title` and `lang` are text. */
export const htmlPage = (lang: string, title: string, main: string) => `<!doctype html>
<html lang="${escapeHtml(lang)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<style>body{margin:15vh auto 0;max-width:36rem;padding:0 1.5rem;font:1.125rem/1.6 system-ui,sans-serif}h1{font-size:1.5rem}</style>
</head>
<body>
<main>
${main}
</main>
</body>
</html>
`;
