import type { ServerResponse } from 'node:http';
import { headersWith, type OpenAnswer, problem, type WholeAnswer } from './answer.ts';
import type { CircuitEvent } from './contract.ts';
import { Follower } from './follower.ts';
import type { Watch } from './watch.ts';

/** Who has read nothing for so many ticks is dropped. */
const mostTicksBlocked = 30;
/** Who comes back is told of so many events, the newest: nobody is to make much of little. */
const mostResumed = 200;
/** Something is said every so many ticks, so that proxies and readers know that the connection is alive. */
const ticksPerComment = 15;
/** A stream is over after so many, a quarter of an hour: who follows asks anew, and may be told no by then. */
const ticksPerStream = 900;

const headers = headersWith({
  'content-type': 'text/event-stream; charset=utf-8',
  // compression would keep events back
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
});

/** Those who follow the events. What all are sent is made once. */
export class Live {
  readonly #watch: Watch;
  readonly #canChange: boolean;
  readonly #most: number;
  readonly #followers = new Set<Follower>();
  /** Made since the last tick. */
  #snapshot: Buffer | undefined;
  #ticks = 0;
  #isClosed = false;

  /** `most`: who may follow at once. */
  constructor(watch: Watch, canChange: boolean, most: number) {
    this.#watch = watch;
    this.#canChange = canChange;
    this.#most = most;
    watch.onEvent = (event) => this.#tell(event);
  }

  /** `lastEventId`: of the events that it has seen before. */
  follow(lastEventId: string | undefined): OpenAnswer {
    return { begin: (res) => this.#refusal() ?? this.#begin(res, lastEventId) };
  }

  /** Once a second. */
  tick(): void {
    this.#snapshot = undefined;
    this.#ticks++;
    if (this.#followers.size === 0) {
      this.#watch.look();
      this.#watch.takeGone(); // there is nobody to be told
      return;
    }
    const isComment = this.#ticks % ticksPerComment === 0;
    const change = this.#change();
    for (const follower of this.#followers) {
      if (++follower.ticks >= ticksPerStream) {
        this.#renew(follower);
        continue;
      }
      if (follower.isBlocked) {
        follower.isBehind = true;
        if (++follower.ticksBlocked >= mostTicksBlocked) follower.drop();
        continue;
      }
      follower.ticksBlocked = 0;
      if (follower.isBehind) this.#catchUp(follower);
      else if (change !== undefined) follower.send(change);
      else if (isComment) follower.send(':\n\n');
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const follower of this.#followers) follower.end();
    this.#followers.clear();
  }

  #renew(follower: Follower): void {
    this.#followers.delete(follower);
    follower.send(renewal);
    follower.end();
  }

  #refusal(): WholeAnswer | undefined {
    if (this.#isClosed) return problem(503, 'The dashboard is closed.');
    if (this.#followers.size < this.#most) return undefined;
    return problem(503, `No more than ${this.#most} may follow the events at once.`, { 'retry-after': '10' });
  }

  #begin(res: ServerResponse, lastEventId: string | undefined): undefined {
    const { lastId } = this.#watch.log;
    const seen = /^\d{1,16}$/.test(lastEventId ?? '') ? Number(lastEventId) : lastId;
    const follower = new Follower(res, seen);
    res.writeHead(200, headers);
    if (res.req.method === 'HEAD') {
      res.end();
      return;
    }
    if (this.#followers.size === 0) this.#change(); // from here on changes are told
    res.on('close', () => this.#followers.delete(follower));
    res.on('error', () => {}); // the client has left
    this.#followers.add(follower);
    res.write('retry: 2000\n\n');
    this.#catchUp(follower);
  }

  /** All there is, and the events that it has not seen. */
  #catchUp(follower: Follower): void {
    const { log } = this.#watch;
    const missed = log.since(follower.lastId).slice(-mostResumed).map(eventMessage);
    this.#snapshot ??= this.#makeSnapshot();
    follower.catchUp(this.#snapshot, missed.join(''), log.lastId);
  }

  #tell(event: CircuitEvent): void {
    if (this.#followers.size === 0) return;
    const message = eventMessage(event);
    for (const follower of this.#followers) {
      follower.send(message);
      if (!follower.isBehind) follower.lastId = event.id;
    }
  }

  #makeSnapshot(): Buffer {
    const circuits = this.#watch.summaries();
    return Buffer.from(message('snapshot', { at: this.#watch.moment.wall, canChange: this.#canChange, circuits }));
  }

  /** What is other than at the last tick. */
  #change(): Buffer | undefined {
    this.#watch.look();
    const gone = this.#watch.takeGone();
    const { moment } = this.#watch;
    const changed: string[] = [];
    for (const track of this.#watch.tracks) {
      const summary = JSON.stringify(track.summary(moment));
      if (summary !== track.sent) changed.push(summary);
      track.sent = summary;
    }
    if (changed.length === 0 && gone.length === 0) return undefined;
    const circuits = `[${changed.join(',')}]`;
    return Buffer.from(
      `event: change\ndata: {"at":${moment.wall},"circuits":${circuits},"gone":${JSON.stringify(gone)}}\n\n`,
    );
  }
}

const message = (event: string, data: unknown) => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
/** What has ended with this is over by itself: nobody need be told. */
const renewal = message('renew', {});
const eventMessage = (event: CircuitEvent) => `id: ${event.id}\n${message('circuit_event', event)}`;
