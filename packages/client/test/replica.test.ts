import { describe, expect, it } from 'vitest';
import { Replica } from '../src/collaboration/replica.js';
import type { Splice } from '../src/collaboration/splice.js';
import { fixtures } from './fixtures.js';

interface Written {
  position: number;
  length: number;
  content: string;
}
interface Do {
  joined?: { content: string; version: number };
  resync?: { id: number | null; content: string; version: number };
  edit?: Written;
  edited?: Written & { version: number };
  acknowledged?: { id: number; version: number; position: number; length: number };
  refused?: { id: number };
  cursorSeen?: { user: string; position: number; selectionEnd?: number };
  cursorGone?: { user: string };
  send?: true;
  undo?: true;
  redo?: true;
}
interface Step {
  do: Do;
  returns: unknown;
  text: string;
  version: number;
  pending: number;
  inFlight: number;
  isLost: boolean;
  cursors: Record<string, { position: number; selectionEnd?: number }>;
}

const read = ({ position, length, content }: Written): Splice => ({
  position,
  deleted: length,
  content,
});
const write = ({ position, deleted, content }: Splice): Written => ({
  position,
  length: deleted,
  content,
});

function play(replica: Replica, step: Do): unknown {
  if (step.joined) return replica.joined(step.joined.content, step.joined.version).map(write);
  if (step.resync) {
    const { id, content, version } = step.resync;
    return replica.resync(id ?? undefined, content, version).map(write);
  }
  if (step.edit) return replica.edit(read(step.edit));
  if (step.edited) return replica.edited(step.edited.version, read(step.edited));
  if (step.acknowledged) {
    const { id, version, position, length } = step.acknowledged;
    return replica.acknowledged(id, version, position, length);
  }
  if (step.refused) return replica.refused(step.refused.id);
  if (step.undo) return replica.undo() !== undefined;
  if (step.redo) return replica.redo() !== undefined;
  if (step.cursorSeen) {
    const { user, ...cursor } = step.cursorSeen;
    replica.cursorSeen(user, cursor);
    return null;
  }
  if (step.cursorGone) {
    replica.cursorGone(step.cursorGone.user);
    return null;
  }
  const sent = [];
  for (let next = replica.nextToSend(); next !== undefined; next = replica.nextToSend()) {
    sent.push({ id: next.id, version: next.version, edit: write(next.edit) });
  }
  return sent;
}

describe('a replica does what the model of it does', () => {
  it.each(fixtures<{ name: string; steps: Step[] }>('collaboration-replica'))(
    '$name',
    ({ steps }) => {
      const replica = new Replica();
      for (const [nth, step] of steps.entries()) {
        const returned = play(replica, step.do);
        const seen = {
          do: step.do,
          returns: returned,
          text: replica.text,
          version: replica.version,
          pending: replica.pending,
          inFlight: replica.inFlight,
          isLost: replica.isLost,
          cursors: Object.fromEntries(replica.cursors),
        };
        expect(seen, `step ${nth}`).toEqual(step);
      }
    },
  );
});
