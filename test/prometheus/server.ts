import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { freePort } from '../../examples/test/free-port.ts';

export interface PrometheusServer {
  /** What its API answers, `data` alone. */
  ask(path: string, query?: Readonly<Record<string, string>>): Promise<unknown>;
  stop(): Promise<void>;
}

/** Starts a real Prometheus on loopback, which scrapes these jobs by their `host:port` and evaluates these rules many times a second. */
export async function startPrometheus(
  jobs: Readonly<Record<string, string>>,
  rules: object,
): Promise<PrometheusServer> {
  const folder = await mkdtemp(join(tmpdir(), 'brownout-prometheus-'));
  const config = {
    global: { scrape_interval: '250ms', scrape_timeout: '250ms', evaluation_interval: '250ms' },
    rule_files: ['rules.yml'],
    scrape_configs: Object.entries(jobs).map(([job_name, target]) => ({
      job_name,
      static_configs: [{ targets: [target] }],
    })),
  };
  await writeFile(join(folder, 'rules.yml'), stringify(rules));
  await writeFile(join(folder, 'prometheus.yml'), stringify(config));
  const address = `127.0.0.1:${await freePort()}`;
  const args = ['--config.file=prometheus.yml', '--storage.tsdb.path=data', `--web.listen-address=${address}`];
  const child = spawn('prometheus', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const exited = once(child, 'close');
  const stop = async () => {
    child.kill('SIGTERM');
    await exited;
    await rm(folder, { recursive: true, force: true });
  };
  while (!said.includes('Server is ready to receive web requests')) {
    const ended = await Promise.race([once(child.stderr, 'data').then(() => false), exited.then(() => true)]);
    if (ended) throw new Error(`Prometheus has not started:\n${said}`);
  }
  return {
    stop,
    ask: async (path, query = {}) => {
      const response = await fetch(`http://${address}/api/v1/${path}?${new URLSearchParams(query)}`);
      const { status, data, error } = (await response.json()) as { status: string; data: unknown; error?: string };
      if (status !== 'success') throw new Error(error);
      return data;
    },
  };
}
