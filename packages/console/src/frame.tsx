import {
  ActionIcon,
  AppShell,
  Avatar,
  Burger,
  Center,
  Group,
  Loader,
  Menu,
  NavLink,
  ScrollArea,
  Text,
  Title,
  useComputedColorScheme,
  useMantineColorScheme,
} from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconLogout, IconMoon, IconSun } from '@tabler/icons-react';
import { type ReactNode, Suspense } from 'react';
import { Link, Redirect, Route, Switch, useLocation } from 'wouter';
import { Bell } from './parts/bell.js';
import { Boundary } from './parts/boundary.js';
import { ROUTES } from './routes.js';
import { type SignedIn, signOut } from './sign-in-state.js';

/** The menu, who is signed in, and the page that is open. */
export function Frame({ who }: { readonly who: SignedIn }): ReactNode {
  const [isOpen, { toggle, close }] = useDisclosure();
  const routes = ROUTES.filter(({ role }) => role === undefined || who.roles.includes(role));
  const [location] = useLocation();
  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 220, breakpoint: 'sm', collapsed: { mobile: !isOpen } }}
      padding="md"
    >
      <a className="skip" href="#main" onClick={skip}>
        Skip to the page
      </a>
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger opened={isOpen} onClick={toggle} hiddenFrom="sm" size="sm" aria-label="Menu" />
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
      </AppShell.Header>
      <AppShell.Navbar p="xs" component="nav" aria-label="Pages">
        <AppShell.Section component={ScrollArea} grow>
          {routes.map(({ path, name, icon: Icon }) => (
            <NavLink
              key={path}
              component={Link}
              href={path}
              label={name}
              leftSection={<Icon size={20} stroke={1.6} />}
              active={location.startsWith(path)}
              aria-current={location.startsWith(path) ? 'page' : undefined}
              onClick={close}
              style={{ borderRadius: 8 }}
            />
          ))}
        </AppShell.Section>
      </AppShell.Navbar>
      <AppShell.Main id="main" tabIndex={-1} style={{ outline: 'none' }}>
        <Boundary key={location}>
          <Suspense fallback={<Waiting />}>
            <Switch>
              {routes.map(({ path, page: Page }) => (
                <Route key={path} path={`${path}/*?`}>
                  <Page />
                </Route>
              ))}
              <Route>
                <Redirect to={routes[0]?.path ?? '/'} replace />
              </Route>
            </Switch>
          </Suspense>
        </Boundary>
      </AppShell.Main>
    </AppShell>
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

function Person({ who }: { readonly who: SignedIn }): ReactNode {
  const initials = initialsOf(who.name);
  return (
    <Menu position="bottom-end" width={220}>
      <Menu.Target>
        <ActionIcon
          variant="subtle"
          size="lg"
          radius="xl"
          // Whoever speaks to their computer says what they see.
          aria-label={`Signed in as ${who.name}, ${initials}`}
        >
          <Avatar size={30} radius="xl" name={who.name} color="initials" alt="">
            {initials}
          </Avatar>
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          <Text size="sm" fw={600} truncate>
            {who.name}
          </Text>
          {who.roles.length > 0 && <Text size="xs">{who.roles.join(', ')}</Text>}
        </Menu.Label>
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={signOut}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

/** Of the first two words, or the first two letters of the only one. */
function initialsOf(name: string): string {
  const words = name.trim().split(/\s+/);
  const [first = [], second] = words.map((word) => [...word]);
  const letters = second === undefined ? first.slice(0, 2) : [first[0], second[0]];
  return letters.join('').toUpperCase();
}

function Waiting(): ReactNode {
  return (
    <Center h={240} role="status" aria-label="Loading">
      <Loader type="dots" />
    </Center>
  );
}
