import { type ClientHttp2Session, connect, constants } from 'node:http2';
import type { Program } from './commands.ts';
import { type Ask, gone, type Outcome, quiet } from './exchange.ts';
import { Handler, notingUncaught } from './handler.ts';
import type { Rig } from './servers.ts';

/** As `exchange`, over HTTP/2: the wire is what its client is told. */
export async function exchange2(rig: Rig, ask: Ask, program: Program): Promise<Outcome> {
  const handler = new Handler(program);
  const performed = rig.expect(handler);
  using _ = notingUncaught(handler);
  const session = connect(`http://127.0.0.1:${rig.port}`);
  const peer = await rig.connection();
  const told: string[] = [];
  session.on('error', (error) => told.push(`session ${error.message}`));
  const progress = () => `${told.join().length} ${handler.observer?.trace.length}`;
  const hasBody = ask.body !== 'none';
  const stream = request(session, told, { ':path': '/fuzz', ':method': ask.method }, !hasBody);
  if (hasBody) stream.write('body');
  if (hasBody && ask.body !== 'unfinished') stream.end();
  await Promise.race([performed, gone(peer)]);
  await quiet(progress);
  handler.conclude();
  await quiet(progress);
  stream.end();
  await quiet(progress);
  const answered = told.length;
  const closed = session.closed || session.destroyed;
  if (!closed) request(session, told, { ':path': '/next' }, true);
  await quiet(progress);
  session.destroy();
  peer.destroy(); // a stream that is corked for ever would keep it
  await quiet(progress);
  return { wire: told.join('\n'), answered, closed, trace: handler.observer?.trace ?? [], handler };
}

function request(session: ClientHttp2Session, told: string[], headers: Record<string, string>, endStream: boolean) {
  const stream = session.request(headers, { endStream });
  const note = (what: string) => (given: object) => told.push(`${what} ${JSON.stringify({ ...given, date: 'now' })}`);
  // not the bytes: some Nodes send others than they are given, gate or no gate, where texts are written at once
  let length = 0;
  stream.on('headers', note('headers'));
  stream.on('response', note('response'));
  stream.on('trailers', note('trailers'));
  stream.on('data', (bytes: Buffer) => {
    length += bytes.byteLength;
  });
  stream.on('error', (error) => told.push(`error ${error.message}`));
  stream.on('close', () =>
    told.push(`close ${stream.rstCode === constants.NGHTTP2_NO_ERROR ? 'whole' : stream.rstCode} ${length}`),
  );
  return stream;
}
