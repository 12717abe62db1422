import { Badge, Tooltip } from '@mantine/core';
import { type ConnectionState, describe } from '@quintet/client';
import type { ReactNode } from 'react';
import { useSecondsTo } from './seconds.js';

/** What a connection is doing, in a word; why, on hovering and to screen readers. */
export function ConnectionBadge({ state }: { readonly state: ConnectionState }): ReactNode {
  const seconds = useSecondsTo(state.status === 'connecting' ? state.retryAt : undefined);
  const [color, word] = LOOK[state.status];
  const why =
    (state.status === 'connecting' || state.status === 'error') && state.ending !== undefined
      ? describe(state.ending)
      : WHAT[state.status];
  const later = seconds === undefined || seconds === 0 ? '' : ` again in ${seconds} s`;
  return (
    <Tooltip label={why}>
      {/* The seconds are no part of its name: a screen reader would read out each of them. */}
      <Badge variant="dot" color={color} role="status" aria-label={`${word}: ${why}`}>
        {word}
        {later}
      </Badge>
    </Tooltip>
  );
}

const LOOK = {
  disconnected: ['gray', 'offline'],
  connecting: ['yellow', 'connecting'],
  connected: ['teal', 'live'],
  subscribed: ['teal', 'live'],
  interview_active: ['teal', 'interview'],
  interview_paused: ['orange', 'paused'],
  disconnecting: ['gray', 'closing'],
  error: ['red', 'ended'],
} as const;

const WHAT = {
  disconnected: 'There is no connection',
  connecting: 'The server is being called',
  connected: 'What happens is told at once',
  subscribed: 'What happens is told at once',
  interview_active: 'An interview is held',
  interview_paused: 'The interview is paused',
  disconnecting: 'The connection is being closed',
  error: 'The connection does not come back by itself',
} as const;
