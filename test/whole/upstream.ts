import { createServer } from 'node:http';
import process from 'node:process';

/** An upstream in a process of its own, to be killed: `node upstream.ts PORT`. */
const server = createServer((_request, response) => {
  setTimeout(() => response.end('{"answer":"from upstream"}'), 5);
});
server.listen(Number(process.argv[2]), '127.0.0.1', () => process.send?.('listening'));
