/** One event of a stream of events. */
export interface StreamEvent {
  readonly event: string;
  readonly data: string;
}

/** Reads a stream of events as a client does (HTML, 9.2.6): what no blank line ends is no event. */
export function eventsOf(text: string): StreamEvent[] {
  const events: StreamEvent[] = [];
  let event = '';
  let data: string[] = [];
  const lines = text.split(/\r\n|\r|\n/);
  lines.pop(); // what no line end has ended
  for (const line of lines) {
    const [, field, value = ''] = /^([^:]*):? ?(.*)$/.exec(line)!;
    if (line === '') {
      if (data.length > 0) events.push({ event: event || 'message', data: data.join('\n') });
      event = '';
      data = [];
    } else if (field === 'event') event = value;
    else if (field === 'data') data.push(value);
  }
  return events;
}
