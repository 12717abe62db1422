import {
  ActionIcon,
  Box,
  Button,
  Group,
  Indicator,
  Popover,
  Progress,
  ScrollArea,
  Stack,
  Text,
} from '@mantine/core';
import { IconBell } from '@tabler/icons-react';
import { useNotifications } from '@quintet/react';
import { type ReactNode, useState } from 'react';
import { tell } from './fault.js';

/** What somebody was told of, with how much of it is unread. */
export function Bell(): ReactNode {
  const { notifications, alerts, tasks, unread: unreadOnServer, acknowledge } = useNotifications();
  // The server keeps no note of who has seen a price alert: on this page they are seen with the list.
  const [seen, setSeen] = useState<ReadonlySet<object>>(new Set());
  const unread = unreadOnServer + alerts.filter((alert) => !seen.has(alert)).length;
  const isEmpty = notifications.length + alerts.length + tasks.length === 0;
  const label = unread === 0 ? 'Notifications' : `Notifications, ${unread} unread`;
  return (
    <Popover
      position="bottom-end"
      width={340}
      trapFocus
      withArrow
      onClose={() => setSeen(new Set(alerts))}
    >
      <Indicator disabled={unread === 0} label={unread} size={16} offset={6} color="red">
        <Popover.Target>
          <ActionIcon variant="subtle" color="gray" size="lg" aria-label={label}>
            <IconBell size={20} stroke={1.6} />
          </ActionIcon>
        </Popover.Target>
      </Indicator>
      <Popover.Dropdown p="xs">
        <ScrollArea.Autosize mah={420} type="auto">
          <Stack gap="sm" p={4} role="log" aria-label="Notifications">
            {isEmpty && (
              <Text size="sm" c="dimmed">
                Nothing yet. Price alerts and messages for you arrive here, also those of while you
                were away.
              </Text>
            )}
            {tasks.map(({ taskId, status, progress, message }) => (
              <Box key={taskId}>
                <Text size="sm" fw={600}>
                  {taskId}: {status}
                </Text>
                {message != null && <Text size="sm">{message}</Text>}
                {progress != null && <Progress value={progress} mt={4} aria-label={taskId} />}
              </Box>
            ))}
            {alerts.map(({ dealId, title, price, below, currency }) => (
              <Box key={dealId}>
                <Text size="sm" fw={600}>
                  {title}
                </Text>
                <Text size="sm">
                  {price} {currency}, below your {below}
                </Text>
              </Box>
            ))}
            {notifications.map(({ notificationId, title, body, status }) => (
              <Group key={notificationId} justify="space-between" wrap="nowrap" align="flex-start">
                <Box>
                  <Text size="sm" fw={status === 'unread' ? 650 : 400}>
                    {title}
                  </Text>
                  <Text size="sm" c="dimmed">
                    {body}
                  </Text>
                </Box>
                {status === 'unread' && (
                  <Button
                    size="compact-xs"
                    variant="default"
                    aria-label={`Mark ${title} as read`}
                    onClick={() => void acknowledge(notificationId).catch(tell)}
                  >
                    Read
                  </Button>
                )}
              </Group>
            ))}
          </Stack>
        </ScrollArea.Autosize>
      </Popover.Dropdown>
    </Popover>
  );
}
