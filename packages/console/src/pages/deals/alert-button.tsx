import {
  ActionIcon,
  type ActionIconProps,
  Button,
  type ElementProps,
  Group,
  NumberInput,
  Popover,
  Stack,
} from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconBellFilled, IconBellPlus } from '@tabler/icons-react';
import { useApi } from '@quintet/react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, type Ref, useEffect, useRef, useState } from 'react';
import { Fault } from '../../parts/fault.js';
import { money } from '../../parts/money.js';
import type { Shown } from './merge.js';

/** Asks to be told once the price of a deal falls below a bound, and shows whether somebody has. */
export function AlertButton({
  deal,
  below,
}: {
  readonly deal: Shown;
  /** What the price is to fall below, where somebody asked for it. */
  readonly below: number | undefined;
}): ReactNode {
  const [isAsked, setIsAsked] = useState(false);
  if (isAsked) return <Asking deal={deal} below={below} />;
  // Most are never pressed, and rows come and go: what opens is made when it is asked for.
  return <Bell deal={deal} below={below} onClick={() => setIsAsked(true)} />;
}

/** The button, with what opens beside it. */
function Asking({
  deal,
  below,
}: {
  readonly deal: Shown;
  readonly below: number | undefined;
}): ReactNode {
  const [isOpen, setIsOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    // In the place of the one that was pressed: here the focus comes back to.
    button.current?.focus();
    setIsOpen(true);
  }, []);
  return (
    <Popover opened={isOpen} onChange={setIsOpen} trapFocus returnFocus withArrow position="left">
      <Popover.Target>
        <Bell ref={button} deal={deal} below={below} onClick={() => setIsOpen(!isOpen)} />
      </Popover.Target>
      <Popover.Dropdown>
        <Bound deal={deal} below={below} onDone={() => setIsOpen(false)} />
      </Popover.Dropdown>
    </Popover>
  );
}

/** What a button of Mantine's takes, and what opens beside it gives it. */
type ButtonProps = ActionIconProps &
  ElementProps<'button', keyof ActionIconProps> & { readonly ref?: Ref<HTMLButtonElement> };

function Bell({
  deal: { title, currency },
  below,
  ...button
}: {
  readonly deal: Shown;
  readonly below: number | undefined;
} & ButtonProps): ReactNode {
  const isSet = below !== undefined;
  const words = isSet
    ? `You hear when it is below ${money(below, currency)}`
    : 'Tell me when it gets cheaper';
  return (
    <ActionIcon
      variant="subtle"
      color={isSet ? 'indigo' : 'gray'}
      size="lg"
      title={words}
      aria-label={`Tell me when ${title} gets cheaper`}
      aria-pressed={isSet}
      {...button}
    >
      {isSet ? <IconBellFilled size={18} /> : <IconBellPlus size={18} stroke={1.6} />}
    </ActionIcon>
  );
}

/** The bound, where it is set, changed and taken back. */
function Bound({
  deal: { dealId, title, price, currency },
  below,
  onDone,
}: {
  readonly deal: Shown;
  readonly below: number | undefined;
  readonly onDone: () => void;
}): ReactNode {
  const [bound, setBound] = useState<number | string>(below ?? Math.floor(price * 0.9));
  const path = `/api/price-alerts/${encodeURIComponent(dealId)}`;
  const set = useChange((send) => send('PUT', path, { below: bound }), {
    title: 'Alert set',
    message: `You will hear when ${title} is below ${money(Number(bound), currency)}.`,
    onDone,
  });
  const unset = useChange((send) => send('DELETE', path), {
    title: 'Alert removed',
    message: `You will hear of the price of ${title} no more.`,
    onDone,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (typeof bound === 'number') set.mutate();
  };
  return (
    <Stack gap="xs" w={210} component="form" onSubmit={submit}>
      <NumberInput
        label={`Below (${currency})`}
        min={0}
        decimalScale={2}
        data-autofocus
        value={bound}
        onChange={setBound}
      />
      <Group gap="xs" grow>
        {below !== undefined && (
          <Button
            size="xs"
            variant="default"
            loading={unset.isPending}
            onClick={() => unset.mutate()}
          >
            Remove
          </Button>
        )}
        <Button
          type="submit"
          size="xs"
          loading={set.isPending}
          disabled={typeof bound !== 'number'}
        >
          Tell me
        </Button>
      </Group>
      <Fault error={set.error ?? unset.error} />
    </Stack>
  );
}

type Send = (method: string, path: string, body?: unknown) => Promise<unknown>;

/** A change of the alerts, which says that it was made. */
function useChange(
  change: (send: Send) => Promise<unknown>,
  { title, message, onDone }: { title: string; message: string; onDone: () => void },
) {
  const api = useApi();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => change((...request) => api.send(...request)),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['price-alerts'] });
      notifications.show({ color: 'teal', title, message });
      onDone();
    },
  });
}
