import type { IncomingMessage } from 'node:http';
import { problem, type WholeAnswer } from './answer.ts';
import type { Asked } from './asked.ts';

/** Bytes. */
const longest = 16 * 1024;

type Read = { readonly body: Record<string, unknown> } | { readonly fault: WholeAnswer };

const tooLarge = { fault: problem(413, `The body may have ${longest} bytes.`) };
const noObject = { fault: problem(400, 'The body must be a JSON object.') };
const consumed = {
  fault: problem(400, 'Something before the dashboard has read the body, and left nothing of it in `body`.'),
};

/** The body as a JSON object: what a parser has made of it, or read here. */
export async function bodyOf({ req, parsed }: Asked): Promise<Read> {
  if (!req.readableDidRead && !req.readableEnded) return readHere(req);
  if (parsed === undefined) return consumed;
  if (typeof parsed === 'string' || parsed instanceof Uint8Array) return objectIn(Buffer.from(parsed));
  return isObject(parsed) ? { body: parsed } : noObject;
}

async function readHere(req: IncomingMessage): Promise<Read> {
  if (Number(req.headers['content-length']) > longest) return tooLarge;
  const bytes = await bytesOf(req);
  return bytes === undefined ? tooLarge : objectIn(bytes);
}

function objectIn(bytes: Buffer): Read {
  if (bytes.byteLength > longest) return tooLarge;
  try {
    const body: unknown = JSON.parse(bytes.toString());
    return isObject(body) ? { body } : noObject;
  } catch {
    return noObject;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `undefined` when there are too many, and when the client leaves: nobody is there to be answered then, but the middleware around us waits. */
function bytesOf(req: IncomingMessage): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    req.on('data', (chunk: Buffer | string) => {
      length += Buffer.byteLength(chunk);
      if (length <= longest) chunks.push(Buffer.from(chunk));
      else resolve(undefined); // what else comes is read and dropped: the connection stays good
    });
    req.on('end', () => resolve(Buffer.concat(chunks)));
    req.on('close', () => resolve(undefined)); // before the end, or of no effect
    req.on('error', () => {}); // the client has left
  });
}
