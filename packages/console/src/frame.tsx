import {
  ActionIcon,
  AppShell,
  Burger,
  Group,
  NavLink,
  ScrollArea,
  Title,
  useComputedColorScheme,
  useMantineColorScheme,
} from '@mantine/core';
import { useDisclosure, useMediaQuery, useWindowEvent } from '@mantine/hooks';
import { IconMoon, IconSun } from '@tabler/icons-react';
import { type ReactNode, useRef } from 'react';
import { Link, useLocation } from 'wouter';
import { Place } from './frame/place.js';
import { Person } from './frame/person.js';
import { useReturn } from './frame/return.js';
import { WindowTitle } from './frame/window-title.js';
import { Bell } from './parts/bell.js';
import { useTrouble } from './parts/trouble.js';
import { STRIP, TroubleStrip } from './parts/trouble-strip.js';
import { ROUTES, type Route, isAt } from './routes.js';
import type { SignedIn } from './sign-in-state.js';

const HEADER = 56;
/** Narrower than this the menu lies over the page. */
const NARROW = '(max-width: 47.99em)';

/** The menu, who is signed in, and the page that is open. */
export function Frame({ who }: { readonly who: SignedIn }): ReactNode {
  const [location] = useLocation();
  const routes = ROUTES.filter(({ role }) => role === undefined || who.roles.includes(role));
  const route = ROUTES.find((one) => isAt(one, location));
  const trouble = useTrouble();
  useReturn();
  const menu = useMenu();
  return (
    <AppShell
      header={{ height: HEADER + (trouble === undefined ? 0 : STRIP) }}
      navbar={{ width: 220, breakpoint: 'sm', collapsed: { mobile: !menu.isOpen } }}
      padding="md"
    >
      <WindowTitle page={route?.name} />
      <a className="skip" href="#main" onClick={skip}>
        Skip to the page
      </a>
      <AppShell.Header>
        <Group h={HEADER} px="md" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger
              ref={menu.button}
              opened={menu.isOpen}
              onClick={menu.toggle}
              hiddenFrom="sm"
              size="sm"
              aria-label="Menu"
              aria-expanded={menu.isOpen}
            />
            <img src="./icon.svg" width={28} height={28} alt="" />
            <Title order={1} size="h4">
              Quintet
            </Title>
          </Group>
          <Group gap="xs" wrap="nowrap">
            <Bell />
            <Scheme />
            <Person who={who} />
          </Group>
        </Group>
        <TroubleStrip trouble={trouble} />
      </AppShell.Header>
      <AppShell.Navbar p="xs" component="nav" aria-label="Pages" inert={menu.isAway}>
        <AppShell.Section component={ScrollArea} grow>
          {routes.map((one) => (
            <Entry key={one.path} route={one} isOpen={one === route} onClick={menu.close} />
          ))}
        </AppShell.Section>
      </AppShell.Navbar>
      <AppShell.Main
        id="main"
        tabIndex={-1}
        inert={menu.isOver}
        aria-label={route?.name}
        className="main"
      >
        <Place route={route} who={who} />
      </AppShell.Main>
    </AppShell>
  );
}

/** The menu of a narrow page: it lies over the page, which is out of reach then, and Escape closes it. */
function useMenu() {
  const [isOpen, { toggle, close }] = useDisclosure();
  const isNarrow = useMediaQuery(NARROW) ?? false;
  const button = useRef<HTMLButtonElement>(null);
  useWindowEvent('keydown', ({ key }) => {
    if (key !== 'Escape' || !isOpen) return;
    close();
    button.current?.focus();
  });
  return {
    isOpen,
    isOver: isNarrow && isOpen,
    isAway: isNarrow && !isOpen,
    button,
    toggle,
    close,
  };
}

function Entry({
  route: { path, name, icon: Icon },
  isOpen,
  onClick,
}: {
  readonly route: Route;
  readonly isOpen: boolean;
  readonly onClick: () => void;
}): ReactNode {
  return (
    <NavLink
      component={Link}
      href={path}
      label={name}
      leftSection={<Icon size={20} stroke={1.6} />}
      active={isOpen}
      aria-current={isOpen ? 'page' : undefined}
      onClick={onClick}
      className="entry"
    />
  );
}

/** The address is the router's: the link moves the focus by itself. */
function skip(event: { preventDefault(): void }): void {
  event.preventDefault();
  document.getElementById('main')?.focus();
}

function Scheme(): ReactNode {
  const { setColorScheme } = useMantineColorScheme();
  const isDark = useComputedColorScheme('light') === 'dark';
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      size="lg"
      aria-label={isDark ? 'Light colours' : 'Dark colours'}
      onClick={() => setColorScheme(isDark ? 'light' : 'dark')}
    >
      {isDark ? <IconSun size={20} stroke={1.6} /> : <IconMoon size={20} stroke={1.6} />}
    </ActionIcon>
  );
}
