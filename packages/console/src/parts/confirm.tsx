import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { Fault } from './fault.js';

/** What is done once somebody has said that they mean it: a mutation. */
interface Act {
  readonly error: Error | null;
  readonly isPending: boolean;
  reset(): void;
}

/** Asks before something is done that cannot be undone; where it fails, it stays open and says why. */
export function Confirm({
  isAsked,
  title,
  act,
  keep,
  go,
  onClose,
  onGo,
  children,
}: {
  readonly isAsked: boolean;
  readonly title: string;
  readonly act: Act;
  /** The words of the button that leaves all as it is; it has the focus. */
  readonly keep: string;
  /** The words of the button that does it. */
  readonly go: string;
  readonly onClose: () => void;
  readonly onGo: () => void;
  /** What follows from it. */
  readonly children: ReactNode;
}): ReactNode {
  const close = () => {
    act.reset();
    onClose();
  };
  return (
    <Modal
      opened={isAsked}
      onClose={close}
      title={title}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <Stack gap="md">
        <Text size="sm">{children}</Text>
        <Fault error={act.error} />
        <Group justify="flex-end">
          <Button variant="default" data-autofocus onClick={close}>
            {keep}
          </Button>
          <Button color="red.9" loading={act.isPending} onClick={onGo}>
            {go}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
