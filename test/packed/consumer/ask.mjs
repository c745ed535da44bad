// node ask.mjs <file> <method>: serves the application that a file exports, asks it before and in an outage, prints what came.
import { createServer } from 'node:http';

let isDown = false;
globalThis.retrieve = async () => ['The reservoir holds nine million litres of water.'];
// Express and node:http hand over (req, res), Koa its context
globalThis.ask = async (host, res) => {
  if (isDown) throw new Error('upstream is down');
  const body = { answer: 'Nine million litres.' };
  if (typeof res.json === 'function') res.json(body);
  else if (typeof res.end === 'function')
    res.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
  else host.body = body;
};
console.error = () => {};

const [file, method] = process.argv.slice(2);
const { app } = await import(file);
const server = typeof app.listening === 'boolean' ? app : createServer(app.callback?.() ?? app);
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

const came = [];
for (const question of [
  'How much does it hold?',
  'How much does it hold?',
  'Is the reservoir full?',
  'Who won the cup?',
]) {
  const url = `http://127.0.0.1:${server.address().port}/ask?question=${encodeURIComponent(question)}`;
  const sent =
    method === 'POST' ? { body: JSON.stringify({ question }), headers: { 'Content-Type': 'application/json' } } : {};
  const response = await fetch(url, { method, ...sent });
  const { metadata } = await response.json();
  came.push([response.status, metadata?.fallback_level ?? 'fresh']);
  isDown = true;
}
console.log(JSON.stringify(came));
server.closeAllConnections();
server.close();
