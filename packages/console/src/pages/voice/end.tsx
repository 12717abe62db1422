import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPhoneOff } from '@tabler/icons-react';
import type { InterviewAssistantClient } from '@quintet/client/voice';
import { useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Confirm } from '../../parts/confirm.js';

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
      <Confirm
        isAsked={isAsked}
        title="End the session?"
        act={end}
        keep="Go on talking"
        go="End for all"
        onClose={close}
        onGo={() => end.mutate()}
      >
        Nobody can speak in it or join it again. What was said stays to be read.
      </Confirm>
    </>
  );
}
