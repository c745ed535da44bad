// node --conditions=source stream-upstream.ts
// A model to break: `kill -STOP` makes it stall in the middle of an answer, `kill -CONT` lets it go on, `kill -KILL` cuts it.
import process from 'node:process';
import { startUpstream } from './demo/upstream.ts';

const { url } = await startUpstream({
  port: Number(process.env.PORT ?? 4010),
  latencyMs: 1,
  paceMs: Number(process.env.PACE_MS ?? 100),
});
console.log(`OPENAI_API_KEY=none OPENAI_BASE_URL=${url}   pid ${process.pid}`);
