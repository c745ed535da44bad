import type { ServerResponse } from 'node:http';
import { createServer } from 'node:http2';
import type { AttemptEvents, CapturedAnswer, Ending } from '@brownout/core';
import { Gate } from '@brownout/http';
import { Rig } from './servers.ts';

/** Accepts everything, and notes how it ended. */
class Accepting implements AttemptEvents {
  readonly watchesFlow = true;
  readonly mends = false;
  readonly capturing: boolean;
  readonly endings: Ending[] = [];
  captured: CapturedAnswer | undefined;

  constructor(capturing: boolean) {
    this.capturing = capturing;
  }

  accepts(): boolean {
    return true;
  }
  captures(): number {
    return 100_000;
  }
  began(): void {}
  flowed(): void {}
  ended(ending: Ending, _status: number, captured?: CapturedAnswer): void {
    this.endings.push(ending);
    this.captured = captured;
  }
  threw(): boolean {
    return false;
  }
  broke(): boolean {
    return false;
  }
  given(): void {}
  taken(): void {}
  replaced(): void {}
  passed(): void {}
}

/** A server of Node, with whatever is put on the responses of its handler. */
export function nodeRig(version: 1 | 2, put: (res: ServerResponse) => void = () => {}): Rig {
  return new Rig(
    (answer) => (req, res) => {
      if (req.url === '/fuzz') {
        put(res);
        void answer({ req, res, target: res, brownout: undefined });
      } else res.end('next');
    },
    version === 1 ? undefined : (listener) => createServer(listener as never),
  );
}

/** One with a gate whose attempt accepts everything, and the last of these. */
export function gatedNode(version: 1 | 2, capturing: boolean): { readonly rig: Rig; attempt(): Accepting } {
  let attempt: Accepting;
  const rig = nodeRig(version, (res) => {
    attempt = new Accepting(capturing);
    new Gate(res, attempt);
  });
  return { rig, attempt: () => attempt };
}
