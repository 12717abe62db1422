import './mail.css';
import { Button, Group, Progress, ScrollArea, Stack, Text, ThemeIcon, Title } from '@mantine/core';
import { IconBell, IconBellOff, IconListCheck, IconTag } from '@tabler/icons-react';
import type { Mail } from '@quintet/client/deals';
import type { ReactNode } from 'react';
import { tell } from './fault.js';
import { money } from './money.js';
import { Notice } from './notice.js';
import { When } from './when.js';

type Acknowledge = (notificationId: string) => Promise<void>;

/** Everything somebody was told of: tasks at work, prices that fell, and notifications. */
export function MailList({
  mail: { notifications, alerts, tasks, acknowledge },
  seen,
}: {
  readonly mail: Mail & { readonly acknowledge: Acknowledge };
  readonly seen: ReadonlySet<object>;
}): ReactNode {
  const unread = notifications.filter(({ status }) => status === 'unread');
  const isEmpty = notifications.length + alerts.length + tasks.length === 0;
  const readAll = () => {
    for (const { notificationId } of unread) acknowledge(notificationId).catch(tell);
  };
  return (
    <>
      <Group justify="space-between" px="md" py="xs" mih={48}>
        <Title order={2} size="h5">
          Notifications
        </Title>
        {unread.length > 1 && (
          <Button
            size="compact-xs"
            variant="subtle"
            onClick={({ currentTarget }) => {
              currentTarget.closest<HTMLElement>('[role="dialog"]')?.focus();
              readAll();
            }}
          >
            Mark all as read
          </Button>
        )}
      </Group>
      <ScrollArea.Autosize mah="min(460px, 70dvh)" type="auto">
        <Stack gap={0} pb="xs" role="log" aria-label="Notifications">
          {isEmpty && (
            <Notice icon={IconBellOff} title="Nothing yet" isCompact>
              Price alerts and messages for you arrive here, also those of while you were away.
            </Notice>
          )}
          {tasks.map(({ taskId, status, progress, message }) => (
            <Item key={taskId} icon={IconListCheck} title={`${taskId}: ${status}`}>
              {message != null && <Text size="sm">{message}</Text>}
              {progress != null && <Progress value={progress} mt={4} aria-label={taskId} />}
            </Item>
          ))}
          {alerts.map((alert) => (
            <Item key={alert.dealId} icon={IconTag} title={alert.title} isNew={!seen.has(alert)}>
              <Text size="sm">
                {money(alert.price, alert.currency)}, below your{' '}
                {money(alert.below, alert.currency)}
              </Text>
            </Item>
          ))}
          {notifications.map((notification) => (
            <Item
              key={notification.notificationId}
              icon={IconBell}
              title={notification.title}
              isNew={notification.status === 'unread'}
              onRead={() => void acknowledge(notification.notificationId).catch(tell)}
            >
              <Text size="sm" dir="auto">
                {notification.body}
              </Text>
              <When at={notification.createdAt * 1000} as="ago" />
            </Item>
          ))}
        </Stack>
      </ScrollArea.Autosize>
    </>
  );
}

/** One thing: what is new stands out, and can be marked as read. */
function Item({
  icon: Icon,
  title,
  isNew = false,
  onRead,
  children,
}: {
  readonly icon: typeof IconBell;
  readonly title: string;
  readonly isNew?: boolean;
  readonly onRead?: () => void;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <Group className="mail" data-new={isNew || undefined} wrap="nowrap" align="flex-start" gap="sm">
      <ThemeIcon
        variant="light"
        color={isNew ? 'indigo' : 'gray'}
        radius="xl"
        size={32}
        mt={2}
        aria-hidden
      >
        <Icon size={18} stroke={1.6} />
      </ThemeIcon>
      <div style={{ flex: 1, minWidth: 0 }}>
        <Text size="sm" fw={isNew ? 650 : 400} dir="auto">
          {title}
        </Text>
        {children}
      </div>
      {isNew && onRead !== undefined && (
        <Button
          size="compact-xs"
          variant="default"
          aria-label={`Read: mark ${title} as read`}
          onClick={({ currentTarget }) => {
            // The button goes, and the keyboard stays in the list.
            currentTarget.closest<HTMLElement>('[role="dialog"]')?.focus();
            onRead();
          }}
        >
          Read
        </Button>
      )}
    </Group>
  );
}
