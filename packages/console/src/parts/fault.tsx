import { Alert } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { Refusal } from '@quintet/client';
import type { ReactNode } from 'react';

/** What to tell somebody of an error. */
export function wordsOf(error: unknown): string {
  if (error instanceof Refusal) {
    const field = error.field === undefined ? '' : ` (${error.field})`;
    const later =
      error.retryAfter === undefined
        ? ''
        : ` Try again in ${Math.ceil(error.retryAfter / 1000)} s.`;
    return `${error.message}${field}.${later}`.replace('..', '.');
  }
  return error instanceof Error ? error.message : String(error);
}

/** Tells of an error in a corner of the page, for a while. */
export function tell(error: unknown): void {
  notifications.show({ color: 'red', title: 'That did not work', message: wordsOf(error) });
}

/** An error where its subject would stand. */
export function Fault({ error }: { readonly error: unknown }): ReactNode {
  if (error === undefined || error === null) return null;
  return (
    <Alert color="red" role="alert" title="That did not work">
      {wordsOf(error)}
    </Alert>
  );
}
