import { EventEmitter } from 'node:events';
import { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { createBrownout, fixedAnswer } from '@brownout/core';
import express from 'express';
import { describe, expect, it } from 'vitest';
import { type Handler, type Host, hosts } from '../hosts.ts';
import { useServers } from '../servers.ts';

const serve = useServers();
const file = fileURLToPath(import.meta.url);

/** Node's own, to join a response and its socket; what is for a stream that is read; and what needs a view engine. */
const internal = ['constructor', 'assignSocket', 'detachSocket', 'pipe', 'render'];

/** What a late handler gives to a method; those that are not here get nothing. */
const given: Record<string, unknown[]> = {
  addTrailers: [{ 'x-late': '1' }],
  append: ['X-Late', '1'],
  appendHeader: ['X-Late', '1'],
  attachment: ['late.txt'],
  clearCookie: ['a'],
  contentType: ['html'],
  cookie: ['late', '1'],
  destroy: [new Error('late')],
  download: [file],
  end: ['late'],
  get: ['Content-Type'],
  getHeader: ['Content-Type'],
  hasHeader: ['Content-Type'],
  format: [{ default: () => {} }],
  header: ['X-Late', '1'],
  json: [{ late: true }],
  jsonp: [{ late: true }],
  links: [{ next: '/late' }],
  location: ['/late'],
  redirect: ['/late'],
  removeHeader: ['Content-Length'],
  send: ['late'],
  sendFile: [file],
  sendStatus: [200],
  set: ['X-Late', '1'],
  setHeader: ['X-Late', '1'],
  setHeaders: [new Map([['x-late', '1']])],
  setTimeout: [1],
  status: [200],
  type: ['html'],
  vary: ['X-Late'],
  write: ['late'],
  writeEarlyHints: [{ link: '</late>; rel=preload' }],
  writeHead: [200, 'Late', { 'X-Late': '1' }],
  writeHeader: [200, { 'X-Late': '1' }],
  writeInformation: [103, { 'x-late': '1' }],
};
const set: Record<string, unknown> = { statusCode: 200, statusMessage: 'Late', sendDate: false };

/** All that a response can be told: its methods, up to those of an emitter, and what can be set on it. */
function surface(from: object): string[] {
  const names = new Set(Object.keys(set));
  for (let at = from; at !== EventEmitter.prototype && at !== null; at = Object.getPrototypeOf(at)) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      if (typeof value === 'function' && name[0] !== '_' && !internal.includes(name)) names.add(name);
    }
  }
  return [...names];
}

function say(res: ServerResponse, name: string): void {
  const target = res as unknown as Record<string, unknown>;
  if (name in set) target[name] = set[name];
  else if (name !== 'nothing') (target[name] as (...args: unknown[]) => unknown)(...(given[name] ?? []));
}

/** When the late handler speaks. */
type Moment = 'when the answer is over' | 'while its client still reads' | 'before its head is made';
const moments: Moment[] = ['when the answer is over', 'while its client still reads', 'before its head is made'];
/** More than the sockets of both sides take while nobody reads. */
const slow = 'x'.repeat(4_000_000);

/** An application whose handler hears of the deadline, and then says `name` on its response. */
function application(host: Host, moment: Moment, thrown: string[]) {
  const speak: Handler = ({ req, res, brownout }) => {
    const name = new URL(req.url!, 'http://x').searchParams.get('name')!;
    const late = () => {
      try {
        say(res, name);
      } catch (error) {
        thrown.push(`${name}: ${error}`);
      }
    };
    if (moment === 'when the answer is over') res.once('finish', () => setImmediate(late));
    else brownout.signal.addEventListener('abort', () => setImmediate(late));
    return new Promise(() => {});
  };
  return host.create({
    before: ({ res }) => {
      if (moment !== 'before its head is made') return;
      const { end } = res;
      res.end = ((...args: Parameters<typeof end>) => {
        setTimeout(() => end.apply(res, args), 30);
        return res;
      }) as never;
    },
    use: {
      brownout: createBrownout({ failureThreshold: false, failureRateThreshold: false }),
      timeoutMs: 10,
      skip: ({ path }: { path: string }) => path === '/next',
      fallback: [fixedAnswer({ at: moment === 'while its client still reads' ? slow : 'once' })],
    },
    routes: {
      'GET /late': speak,
      'GET /next': async ({ send }) => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        send(200, 'the next answer');
      },
    },
  });
}

/** Asks twice on one connection; a slow client reads nothing for a while. What is a day's or a connection's age is left out. */
async function ask(port: number, name: string, isSlow: boolean): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(`GET /late?name=${name} HTTP/1.1\r\nHost: x\r\n\r\nGET /next HTTP/1.1\r\nHost: x\r\n\r\n`);
  if (isSlow) await new Promise((resolve) => setTimeout(resolve, 40));
  const chunks: Buffer[] = [];
  for await (const chunk of socket) {
    chunks.push(chunk);
    if ((chunk as Buffer).subarray(-15).toString() === 'the next answer') break;
  }
  const text = Buffer.concat(chunks).toString('latin1').replace(slow, 'all of it');
  return text.replace(/^(Date|Keep-Alive): .*\r\n/gm, '').slice(0, 1_000);
}

/** The raw response is the same on all hosts of a family: the slow client asks one of each. */
const cases = hosts.flatMap((host) =>
  moments
    .filter((moment) => moment !== moments[1] || /Express 5|Koa 3/.test(host.name))
    .map((moment) => [host, moment] as const),
);

describe('A response that is answered', () => {
  it.each(cases.map(([host, moment]) => [host.name, moment, host] as const))(
    'is not harmed on %s by anything that it is told %s',
    async (_, moment, host) => {
      const names = surface(host.family === 'express' ? express.response : ServerResponse.prototype);
      const thrown: string[] = [];
      const url = await serve(application(host, moment, thrown));
      const port = Number(new URL(url).port);
      const isSlow = moment === 'while its client still reads';
      const expected = await ask(port, 'nothing', isSlow);
      expect(expected).toMatch(/at.*the next answer/s);
      const batch = isSlow ? 10 : 30;
      const harmed: string[] = [];
      for (let at = 0; at < names.length; at += batch) {
        const own = names.slice(at, at + batch);
        const answers = await Promise.all(own.map((name) => ask(port, name, isSlow)));
        for (const [i, answer] of answers.entries()) if (answer !== expected) harmed.push(`${own[i]}: ${answer}`);
      }
      expect(harmed).toEqual([]);
      expect(thrown).toEqual([]);
    },
  );
});
