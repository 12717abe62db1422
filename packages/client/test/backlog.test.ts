import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Backlog, type HistoryPage, type Position } from '../src/backlog.js';
import { Refusal, Unanswered } from '../src/fault.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

interface Said {
  readonly seq: number;
}
const from = (first: number, last: number): Said[] =>
  Array.from({ length: last - first + 1 }, (_, at) => ({ seq: first + at }));

/** A history of a server, read in pages of ten. */
function history(last: number) {
  const it = { last, epoch: 'one', reads: 0, fault: undefined as Error | undefined };
  const read = async (position: Position | undefined): Promise<HistoryPage<Said>> => {
    it.reads += 1;
    await Promise.resolve();
    const { fault, epoch } = it;
    it.fault = undefined;
    if (fault !== undefined) throw fault;
    if (position === undefined || position.epoch !== epoch) {
      const messages = from(Math.max(1, it.last - 9), it.last);
      return { messages, hasMore: it.last > 10, epoch, recovered: false };
    }
    const messages = from(position.after + 1, Math.min(it.last, position.after + 10));
    const hasMore = position.after + 10 < it.last;
    return { messages, hasMore, epoch, recovered: true };
  };
  return { it, backlog: new Backlog<Said>(read, () => {}) };
}

const seqs = (backlog: Backlog<Said>) => backlog.messages.map(({ seq }) => seq);
const upTo = (last: number) => from(1, last).map(({ seq }) => seq);

it('pages are read until there are no more, and what is told meanwhile comes behind them', async () => {
  const { it: server, backlog } = history(5);
  await backlog.catchUp();
  server.last = 34;
  const caught = backlog.catchUp();
  backlog.tell({ seq: 35 });
  await caught;
  expect(seqs(backlog)).toEqual(upTo(35));
});

it('what was told after something that was missed shows it, and it is read', async () => {
  const { it: server, backlog } = history(3);
  await backlog.catchUp();
  server.last = 7;
  expect(backlog.tell({ seq: 7 })).toBe(false);
  await vi.runAllTimersAsync();
  expect(seqs(backlog)).toEqual(upTo(7));
  expect(backlog.tell({ seq: 8 })).toBe(true);
  expect(server.reads).toBe(2);
});

it('what the server refuses for now is read again, when it says', async () => {
  const { it: server, backlog } = history(3);
  await backlog.catchUp();
  server.last = 20;
  server.fault = new Refusal('UNAVAILABLE', 'Busy', undefined, 700);
  const caught = backlog.catchUp();
  backlog.tell({ seq: 21 });
  await vi.advanceTimersByTimeAsync(699);
  expect(seqs(backlog)).toEqual(upTo(3));
  await vi.advanceTimersByTimeAsync(1);
  await caught;
  expect(seqs(backlog)).toEqual(upTo(21));
});

it('where a connection ends while pages are read, the next one begins where they had come to', async () => {
  const { it: server, backlog } = history(3);
  await backlog.catchUp();
  server.last = 9;
  server.fault = new Unanswered('lost');
  const lost = backlog.catchUp();
  backlog.tell({ seq: 10 });
  await expect(lost).rejects.toBeInstanceOf(Unanswered);
  server.last = 10;
  await backlog.catchUp();
  expect(seqs(backlog)).toEqual(upTo(10));
});

it('more than can be held while pages are read is read as well', async () => {
  const { it: server, backlog } = history(3);
  await backlog.catchUp();
  server.fault = new Refusal('UNAVAILABLE', 'Busy');
  const caught = backlog.catchUp();
  await Promise.resolve();
  for (server.last = 4; server.last <= 2_500; server.last += 1) backlog.tell({ seq: server.last });
  server.last = 2_500;
  await vi.advanceTimersByTimeAsync(2_000);
  await caught;
  expect(seqs(backlog)).toEqual(upTo(2_500));
});

it('another history begins anew', async () => {
  const { it: server, backlog } = history(30);
  await backlog.catchUp();
  expect(backlog.hasOlder).toBe(true);
  Object.assign(server, { last: 2, epoch: 'two' });
  await backlog.catchUp();
  expect(seqs(backlog)).toEqual([1, 2]);
  backlog.addOlder({ messages: [{ seq: 0 }], hasMore: true, epoch: 'one', recovered: false });
  expect(seqs(backlog)).toEqual([1, 2]);
  expect(backlog.hasOlder).toBe(false);
});
