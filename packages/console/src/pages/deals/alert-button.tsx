import { ActionIcon, Button, NumberInput, Popover, Stack, Tooltip } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconBellPlus } from '@tabler/icons-react';
import { useApi } from '@quintet/react';
import { useMutation } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { Fault } from '../../parts/fault.js';
import type { Shown } from './board.js';

/** Asks to be told once the price of a deal falls below a bound. */
export function AlertButton({ deal }: { readonly deal: Shown }): ReactNode {
  const api = useApi();
  const [isOpen, setIsOpen] = useState(false);
  const [below, setBelow] = useState<number | string>(Math.floor(deal.price * 0.9));
  const path = `/api/price-alerts/${encodeURIComponent(deal.dealId)}`;
  const alert = useMutation({
    mutationFn: () => api.send('PUT', path, { below }),
    onSuccess: () => {
      setIsOpen(false);
      const message = `You will hear when ${deal.title} is below ${below} ${deal.currency}.`;
      notifications.show({ color: 'teal', title: 'Alert set', message });
    },
  });
  return (
    <Popover opened={isOpen} onChange={setIsOpen} trapFocus withArrow position="left">
      <Popover.Target>
        <Tooltip label="Tell me when it gets cheaper">
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={`Tell me when ${deal.title} gets cheaper`}
            onClick={() => setIsOpen(true)}
          >
            <IconBellPlus size={18} stroke={1.6} />
          </ActionIcon>
        </Tooltip>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap="xs" w={200}>
          <NumberInput
            label={`Below (${deal.currency})`}
            min={0}
            decimalScale={2}
            data-autofocus
            value={below}
            onChange={setBelow}
          />
          <Button
            size="xs"
            loading={alert.isPending}
            disabled={typeof below !== 'number'}
            onClick={() => alert.mutate()}
          >
            Tell me
          </Button>
          <Fault error={alert.error} />
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
