import { Alert, Button, Group } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { Refusal } from '@quintet/client';
import { IconAlertTriangle, IconClock, IconLock, IconPlugConnectedX } from '@tabler/icons-react';
import { type ReactNode, useMemo } from 'react';
import { signOut } from '../sign-in-state.js';
import { type FaultKind, LOOKS, kindOf, wordsOf } from './fault-kind.js';
import { useSecondsTo } from './seconds.js';

const ICONS: Readonly<Record<FaultKind, typeof IconLock>> = {
  unreached: IconPlugConnectedX,
  'signed-out': IconLock,
  forbidden: IconLock,
  missing: IconAlertTriangle,
  busy: IconClock,
  other: IconAlertTriangle,
};

/** Tells of an error in a corner of the page, for a while. */
export function tell(error: unknown): void {
  const { title, color } = LOOKS[kindOf(error)];
  notifications.show({ color, title, message: wordsOf(error) });
}

/** An error where its subject would stand, with what can be done about it. */
export function Fault({
  error,
  onRetry,
}: {
  readonly error: unknown;
  /** Tries again what failed. */
  readonly onRetry?: (() => unknown) | undefined;
}): ReactNode {
  if (error === undefined || error === null) return null;
  const kind = kindOf(error);
  const { title, color } = LOOKS[kind];
  const Icon = ICONS[kind];
  return (
    <Alert color={color} role="alert" title={title} icon={<Icon size={18} />} my="xs">
      {wordsOf(error, true)}
      <Retry error={error} onRetry={onRetry} />
      {kind === 'signed-out' && (
        <Group mt="xs">
          <Button size="compact-sm" variant="default" onClick={signOut}>
            Sign in again
          </Button>
        </Group>
      )}
    </Alert>
  );
}

/** When it makes sense to try again, counting down, and a button that does. */
function Retry({
  error,
  onRetry,
}: {
  readonly error: unknown;
  readonly onRetry?: (() => unknown) | undefined;
}): ReactNode {
  const after = error instanceof Refusal ? error.retryAfter : undefined;
  const at = useMemo(
    () => (after === undefined ? undefined : Date.now() + after),
    // Another error, another time.
    [error, after],
  );
  const seconds = useSecondsTo(at) ?? 0;
  const isUseful = onRetry !== undefined && ['unreached', 'busy', 'other'].includes(kindOf(error));
  if (!isUseful) return seconds === 0 ? null : ` Try again in ${seconds} s.`;
  return (
    <Group mt="xs">
      <Button
        size="compact-sm"
        variant="default"
        disabled={seconds > 0}
        onClick={() => void onRetry?.()}
      >
        {seconds > 0 ? `Try again in ${seconds} s` : 'Try again'}
      </Button>
    </Group>
  );
}
