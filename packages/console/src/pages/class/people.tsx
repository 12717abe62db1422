import { Avatar, Tooltip } from '@mantine/core';
import type { DocumentState } from '@quintet/client/collaboration';
import type { ReactNode } from 'react';
import { colorsOf } from './colors.js';

/** Faces shown; the others are a number, with their names behind it. */
const SHOWN_MAX = 5;

/** A tooltip stands in the part of the page that it is about, also for who reads by parts; the card does not cut it. */
const INSIDE = { withinPortal: false, floatingStrategy: 'fixed' } as const;

/** Who is in a document, each in the colour that their cursor has. */
export function People({
  document: { participants },
  own,
}: {
  readonly document: DocumentState;
  /** One's own user id. */
  readonly own: string | undefined;
}): ReactNode {
  const colors = colorsOf(participants.map(({ userId }) => userId));
  const others = participants.slice(SHOWN_MAX);
  const names = others.map(({ username }) => username).join(', ');
  return (
    <Avatar.Group spacing={6} role="group" aria-label="Who is here">
      {participants.slice(0, SHOWN_MAX).map(({ userId, username, role }) => {
        const what = userId === own ? ' (you)' : role === 'observer' ? ' (only looks)' : '';
        return (
          <Tooltip key={userId} label={username + what} {...INSIDE}>
            <Avatar
              size={30}
              radius="xl"
              name={username}
              alt={username + what}
              styles={{ placeholder: { background: colors.get(userId), color: '#fff' } }}
            />
          </Tooltip>
        );
      })}
      {others.length > 0 && (
        <Tooltip label={names} multiline maw={280} {...INSIDE}>
          <Avatar size={30} radius="xl" alt={names}>
            +{others.length}
          </Avatar>
        </Tooltip>
      )}
    </Avatar.Group>
  );
}
