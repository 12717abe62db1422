import { Button, Group, Text } from '@mantine/core';
import { describe } from '@quintet/client';
import { IconLock, IconPlugConnectedX, IconWifiOff } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { signOut } from '../sign-in-state.js';
import { useSecondsTo } from './seconds.js';
import type { Trouble } from './trouble.js';

/** The height of the strip below: pixels. */
export const STRIP = 40;

const ENDED: Readonly<Record<string, string>> = {
  'Token expired': 'Your token has expired.',
  Revoked: 'Your token was revoked.',
  Unauthorized: 'The server does not take your token.',
};

/** A strip under the header that says what the trouble is, and what can be done. */
export function TroubleStrip({ trouble }: { readonly trouble: Trouble | undefined }): ReactNode {
  return (
    // It is there before its words are: else a screen reader would not read them.
    <div role="status" className={trouble === undefined ? undefined : 'strip'}>
      {trouble?.kind === 'offline' && (
        <Line icon={IconWifiOff}>You are offline. What you write is sent once you are back.</Line>
      )}
      {trouble?.kind === 'lost' && <Lost retryAt={trouble.retryAt} />}
      {trouble?.kind === 'ended' && (
        <Line icon={IconLock} action={<Act onClick={signOut}>Sign in again</Act>}>
          {ENDED[trouble.ending.reason] ?? `${describe(trouble.ending)}.`}
        </Line>
      )}
    </div>
  );
}

function Lost({ retryAt }: { readonly retryAt: number | undefined }): ReactNode {
  const seconds = useSecondsTo(retryAt) ?? 0;
  return (
    <Line icon={IconPlugConnectedX} action={<Act onClick={hurry}>Try now</Act>}>
      The server is away.
      {/* Seconds that count down are for the eyes. */}
      <span aria-hidden> {seconds > 0 ? `Trying again in ${seconds} s.` : 'Trying…'}</span>
    </Line>
  );
}

/** Every connection that waits to dial listens for the network's return. */
function hurry(): void {
  globalThis.dispatchEvent(new Event('online'));
}

function Line({
  icon: Icon,
  action,
  children,
}: {
  readonly icon: typeof IconLock;
  readonly action?: ReactNode;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <Group h={STRIP} px="md" gap="xs" justify="center" wrap="nowrap">
      <Icon size={18} stroke={1.8} style={{ flexShrink: 0 }} aria-hidden />
      <Text size="sm" fw={500} lineClamp={2} lh={1.2}>
        {children}
      </Text>
      {action}
    </Group>
  );
}

function Act({
  onClick,
  children,
}: {
  readonly onClick: () => void;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <Button
      size="compact-xs"
      variant="white"
      color="dark"
      style={{ flexShrink: 0 }}
      onClick={onClick}
    >
      {children}
    </Button>
  );
}
