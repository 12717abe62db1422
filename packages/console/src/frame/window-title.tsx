import { useNotifications, useStore } from '@quintet/react';
import { type ReactNode, useEffect } from 'react';
import { pageTitle, windowTitle } from '../parts/page-title.js';

/** Keeps the title of the window: how many notifications wait, and what is looked at. */
export function WindowTitle({
  page = 'Not found',
}: {
  readonly page?: string | undefined;
}): ReactNode {
  const { unread } = useNotifications();
  const subject = useStore(pageTitle);
  useEffect(() => {
    document.title = windowTitle(unread, subject, page);
    return () => {
      document.title = 'Quintet';
    };
  }, [unread, subject, page]);
  return null;
}
