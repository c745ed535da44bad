import { randomBytes } from 'node:crypto';
import process from 'node:process';
import { createBrownout, lruAnswers, persist } from '@brownout/core';

/** Writes its file for as long as it lives; or, when it is told to, ends in the way that it is told. */
const [file, end] = process.argv.slice(2) as [string, string | undefined];
const answers = lruAnswers({ maxBytes: 3_000_000 });
const brownout = createBrownout({ answers, failureThreshold: false, failureRateThreshold: false });
const told: unknown[] = [];
for (const name of ['persist_failed', 'persist_recovered'] as const)
  brownout.on(name, (event) => void told.push([name, String('error' in event && event.error)]));
const kept = persist({ file, brownout, answers: true });
const circuit = brownout.circuit('a');

async function change(): Promise<void> {
  await circuit.run(async () => {});
  const headers = { 'content-type': 'text/plain' };
  for (let at = 0; at < 12; at++) {
    const key = randomBytes(32).toString('hex');
    answers.set(key, { status: 200, headers, body: randomBytes(200_000), storedAt: Date.now(), maxAgeMs: 1e8 });
  }
}

process.send?.({ told: [...told], success: circuit.metrics().calls.success });
if (end === undefined) {
  for (;;) {
    await change();
    await kept.save();
  }
}
await change();
if (end === 'exit') {
  process.on('exit', () => kept.saveSync());
  process.exit(0);
}
await kept.close();
await change();
process.send?.({ told, success: circuit.metrics().calls.success });
process.disconnect?.();
