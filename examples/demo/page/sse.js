/** The server-sent events of a response's body, as they come; `heard` is given each piece of text as it is on the wire. */
export async function* eventsOf(body, heard) {
  let pending = '';
  for await (const piece of chunksOf(body.pipeThrough(new TextDecoderStream()))) {
    heard(piece);
    const events = (pending + piece).split('\n\n');
    pending = events.pop();
    // a comment, to keep the connection alive, is no event
    for (const event of events) if (/^data:/m.test(event)) yield parsed(event);
  }
}

/** Not every browser can iterate over a stream. */
async function* chunksOf(stream) {
  const reader = stream.getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    yield value;
  }
}

function parsed(event) {
  const name = /^event: ?(.*)$/m.exec(event)?.[1] ?? 'message';
  const lines = [...event.matchAll(/^data: ?(.*)$/gm)].map(([, data]) => data);
  return { name, data: jsonOf(lines.join('\n')) };
}

/** What was cut in the middle says nothing. */
function jsonOf(text) {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}
