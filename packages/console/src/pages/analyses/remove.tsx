import { ActionIcon } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconTrash } from '@tabler/icons-react';
import { useApi } from '@quintet/react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useLocation } from 'wouter';
import { Confirm } from '../../parts/confirm.js';

/** Deletes an analysis, once somebody has said that they mean it. */
export function Remove({
  analysisId,
  name,
}: {
  readonly analysisId: string;
  readonly name: string;
}): ReactNode {
  const [isOpen, { open, close }] = useDisclosure();
  const api = useApi();
  const queries = useQueryClient();
  const [, navigate] = useLocation();
  const remove = useMutation({
    mutationFn: () => api.send('DELETE', `/api/analysis/${encodeURIComponent(analysisId)}`),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['analyses'] });
      navigate('/analyses', { replace: true });
    },
  });
  return (
    <>
      <ActionIcon
        variant="subtle"
        color="red"
        size="lg"
        aria-label="Delete this analysis"
        onClick={open}
      >
        <IconTrash size={20} stroke={1.6} />
      </ActionIcon>
      <Confirm
        isAsked={isOpen}
        title={`Delete the analysis of ${name}?`}
        act={remove}
        keep="Keep it"
        go="Delete"
        onClose={close}
        onGo={() => remove.mutate()}
      >
        Its review, its report, its questions, and the interviews about it go with it. The
        repository itself stays as it is.
      </Confirm>
    </>
  );
}
