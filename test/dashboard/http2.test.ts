import { type ClientHttp2Session, connect, createServer, type IncomingHttpHeaders } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { dashboard } from '@brownout/dashboard';
import { afterEach, describe, expect, it } from 'vitest';
import { at, everybody, outage } from './client.ts';

let end: (() => void)[] = [];
afterEach(() => {
  for (const one of end) one();
  end = [];
});

async function start() {
  const { brownout, search } = outage();
  const made = dashboard({ ...everybody, brownout, path: at });
  const server = createServer((req, res) => made(req as never, res as never, () => void res.end('app')));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const session = connect(origin);
  end.push(
    () => session.destroy(),
    () => void server.close(),
    made.close,
  );
  return { search, origin, session };
}

interface Answer {
  readonly head: IncomingHttpHeaders & { readonly ':status'?: number | undefined };
  readonly text: string;
}

/** What comes, until it ends or `enough` of it is there. */
function ask(session: ClientHttp2Session, head: Record<string, string>, body = '', enough = '\0'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asking = session.request(head);
    let answer: Answer = { head: {}, text: '' };
    asking.setEncoding('utf8');
    asking.on('response', (came) => {
      answer = { ...answer, head: came };
    });
    asking.on('data', (text: string) => {
      answer = { ...answer, text: answer.text + text };
      if (answer.text.includes(enough)) asking.close();
    });
    asking.on('close', () => resolve(answer));
    asking.on('error', reject);
    if (body !== '') asking.end(body);
  });
}

describe('the dashboard over HTTP/2', () => {
  it('is read and followed', async () => {
    const { session } = await start();
    const page = await ask(session, { ':path': `${at}/` });
    expect([page.head[':status'], page.text]).toEqual([200, expect.stringContaining('POST /ask')]);
    const events = await ask(session, { ':path': `${at}/events` }, '', '"circuits":[{');
    expect([events.head[':status'], events.text]).toEqual([200, expect.stringContaining('event: snapshot')]);
    expect((await ask(session, { ':path': '/else' })).text).toBe('app');
  });

  it('takes changes from its own page, by the authority that was asked, and from no other', async () => {
    const { session, origin, search } = await start();
    const forceOpen = (from: string) => {
      const head = { ':method': 'POST', 'content-type': 'application/json', origin: from };
      return ask(session, { ...head, ':path': `${at}/circuits/search/force-open` }, '{"reason":"drill"}');
    };
    expect((await forceOpen('http://elsewhere.example')).head[':status']).toBe(403);
    expect(search.mode).toBe('enforce');
    expect((await forceOpen(origin)).head[':status']).toBe(200);
    expect(search.mode).toBe('forced_open');
  });
});
