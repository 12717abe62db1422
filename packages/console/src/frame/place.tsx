import { Button, Center, Loader } from '@mantine/core';
import { IconLock, IconMapOff } from '@tabler/icons-react';
import { type ReactNode, Suspense, useEffect, useRef } from 'react';
import { Link, Redirect, useLocation } from 'wouter';
import { Boundary } from '../parts/boundary.js';
import { Notice } from '../parts/notice.js';
import { ROUTES, type Route } from '../routes.js';
import type { SignedIn } from '../sign-in-state.js';

/** What the address names: a page, or why there is none. */
export function Place({
  route,
  who,
}: {
  readonly route: Route | undefined;
  readonly who: SignedIn;
}): ReactNode {
  const [location] = useLocation();
  useArrival(location);
  if (location === '/') return <Redirect to={ROUTES[0]?.path ?? '/'} replace />;
  if (route === undefined) return <Nowhere />;
  if (route.role !== undefined && !who.roles.includes(route.role)) {
    return <Closed route={route} role={route.role} />;
  }
  const { page: Page } = route;
  return (
    <Boundary place={location}>
      <Suspense key={route.path} fallback={<Waiting />}>
        <Page />
      </Suspense>
    </Boundary>
  );
}

/** The page and what it shows: `/chat/math` of `/chat/math`, `/analyses/7` of `/analyses/7/report`. */
const subjectOf = (location: string) => location.split('/').slice(0, 3).join('/');

/**
 * Who follows a link arrives at the top of a page, with the keyboard too; who goes back finds the page as they left
 * it, which is the browser's doing.
 */
function useArrival(location: string): void {
  const subject = subjectOf(location);
  const before = useRef(subject);
  const isBack = useRef(false);
  useEffect(() => {
    // The router's own events tell of links; the browser's, of steps back and forward.
    const onMove = ({ isTrusted }: Event) => {
      isBack.current = isTrusted;
    };
    globalThis.addEventListener('hashchange', onMove, { capture: true });
    return () => globalThis.removeEventListener('hashchange', onMove, { capture: true });
  }, []);
  useEffect(() => {
    if (before.current === subject) return;
    const [, page] = subject.split('/');
    const [, pageBefore] = before.current.split('/');
    before.current = subject;
    if (isBack.current) return;
    globalThis.scrollTo(0, 0);
    if (page !== pageBefore) document.getElementById('main')?.focus({ preventScroll: true });
  }, [subject]);
}

function Nowhere(): ReactNode {
  return (
    <Notice
      icon={IconMapOff}
      order={2}
      title="There is no such page"
      action={
        <Button component={Link} href={ROUTES[0]?.path ?? '/'} mt="xs">
          To the first page
        </Button>
      }
    >
      The address may be mistyped, or the page has moved. The menu shows what there is.
    </Notice>
  );
}

function Closed({ route, role }: { readonly route: Route; readonly role: string }): ReactNode {
  return (
    <Notice order={2} icon={IconLock} title={`${route.name} is not open to you`}>
      It takes the role “{role}”. Somebody who runs this server can give you a token with it.
    </Notice>
  );
}

function Waiting(): ReactNode {
  return (
    <Center h={240} role="status" aria-label="Loading">
      <Loader type="dots" />
    </Center>
  );
}
