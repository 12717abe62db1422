import { Button, Group, Modal, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPhoneOff } from '@tabler/icons-react';
import type { InterviewAssistantClient } from '@quintet/client/voice';
import { useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Fault } from '../../parts/fault.js';

/** Ends the session for everybody, after a question. */
export function End({
  client,
  isOpen,
}: {
  readonly client: InterviewAssistantClient;
  readonly isOpen: boolean;
}): ReactNode {
  const [isAsked, { open, close }] = useDisclosure();
  const end = useMutation({ mutationFn: () => client.setStatus('ended'), onSuccess: close });
  return (
    <>
      <Button
        variant="subtle"
        color="gray"
        size="compact-sm"
        leftSection={<IconPhoneOff size={14} />}
        disabled={!isOpen}
        onClick={open}
      >
        End for all
      </Button>
      <Modal
        opened={isAsked}
        onClose={close}
        title="End the session?"
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        <Text size="sm">
          Nobody can speak in it or join it again. What was said stays to be read.
        </Text>
        <Fault error={end.error} />
        <Group justify="flex-end" mt="md">
          <Button variant="default" data-autofocus onClick={close}>
            Go on talking
          </Button>
          <Button color="red.9" loading={end.isPending} onClick={() => end.mutate()}>
            End for all
          </Button>
        </Group>
      </Modal>
    </>
  );
}
