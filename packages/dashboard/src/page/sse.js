/**
 * Reads server-sent events from pieces of text, wherever they are cut. Read by hand, and not by an `EventSource`, for that hides the
 * comments that keep a quiet connection alive: without them nobody can tell quiet from dead.
 */
export class EventReader {
  #pending = '';
  /** Of the last event that had one. */
  lastId = '';

  /** The events that end in this piece. @param {string} piece @returns {{ name: string, data: unknown }[]} */
  read(piece) {
    const blocks = (this.#pending + piece).split('\n\n');
    this.#pending = blocks.pop() ?? '';
    return blocks.flatMap((block) => this.#parsed(block));
  }

  /** @param {string} block */
  #parsed(block) {
    let name = 'message';
    const data = [];
    for (const line of block.split('\n')) {
      const [, field, value = ''] = /^([^:]+):? ?(.*)$/.exec(line) ?? [];
      if (field === 'event') name = value;
      else if (field === 'data') data.push(value);
      else if (field === 'id') this.lastId = value;
    }
    return data.length === 0 ? [] : [{ name, data: JSON.parse(data.join('\n')) }];
  }
}
