import { ActionIcon, Indicator, Popover } from '@mantine/core';
import { IconBell } from '@tabler/icons-react';
import { useNotifications } from '@quintet/react';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { MailList } from './mail-list.js';

/** What somebody was told of, with how much of it is unread. */
export function Bell(): ReactNode {
  const mail = useNotifications();
  const { notifications, alerts } = mail;
  // The server keeps no note of who has seen a price alert: on this page they are seen with the list.
  const [seen, setSeen] = useState<ReadonlySet<object>>(new Set());
  const unread = mail.unread + alerts.filter((alert) => !seen.has(alert)).length;
  const label = unread === 0 ? 'Notifications' : `Notifications, ${unread} unread`;
  const news = useNews(unread, alerts[0]?.title, notifications[0]?.title);
  return (
    <>
      <Popover
        position="bottom-end"
        width="min(380px, calc(100vw - 24px))"
        shadow="md"
        trapFocus
        returnFocus
        onClose={() => setSeen(new Set(alerts))}
      >
        <Indicator
          disabled={unread === 0}
          label={unread > 99 ? '99+' : unread}
          size={16}
          offset={6}
          color="red"
        >
          <Popover.Target>
            <ActionIcon variant="subtle" color="gray" size="lg" aria-label={label}>
              <IconBell size={20} stroke={1.6} />
            </ActionIcon>
          </Popover.Target>
        </Indicator>
        <Popover.Dropdown p={0}>
          <MailList mail={mail} seen={seen} />
        </Popover.Dropdown>
      </Popover>
      <span className="hidden" role="status">
        {news}
      </span>
    </>
  );
}

/** What to say of what has just come: its title, or how much came at once. */
function useNews(
  unread: number,
  alert: string | undefined,
  notification: string | undefined,
): string {
  const [news, setNews] = useState('');
  const before = useRef({ unread, alert });
  useEffect(() => {
    const more = unread - before.current.unread;
    const title = alert === before.current.alert ? notification : alert;
    before.current = { unread, alert };
    if (more > 0) setNews(more === 1 ? `New: ${title ?? ''}` : `${more} new notifications`);
  }, [unread, alert, notification]);
  return news;
}
