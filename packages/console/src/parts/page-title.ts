import { Store } from '@quintet/client';
import { useEffect } from 'react';

/** What the open page is about, such as a repository or a context; nothing between two pages. */
export const pageTitle = new Store<string | undefined>(undefined);

/** Says what the open page is about, as long as it is open. */
export function usePageTitle(title: string): void {
  useEffect(() => {
    pageTitle.update(() => title);
    return () => pageTitle.update((now) => (now === title ? undefined : now));
  }, [title]);
}

/** The title of the window: what waits, what is looked at, which page it is on, and the product. */
export function windowTitle(unread: number, subject: string | undefined, page: string): string {
  const names = [...new Set([subject, page, 'Quintet'])].filter((name) => name !== undefined);
  return `${unread > 0 ? `(${unread}) ` : ''}${names.join(' – ')}`;
}
