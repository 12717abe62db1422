import {
  IconFileSearch,
  IconMessages,
  IconMicrophone,
  IconRobot,
  IconSchool,
  IconServer,
  IconTags,
  IconUserQuestion,
} from '@tabler/icons-react';
import { type ComponentType, lazy } from 'react';

/** A page of the console. */
export interface Route {
  /** Of its address, behind the `#`; what follows it is the page's own. */
  readonly path: string;
  readonly name: string;
  readonly icon: ComponentType<{ size?: number; stroke?: number }>;
  readonly page: ComponentType;
  /** Only for those who have this role. */
  readonly role?: string;
}

/** The pages, in the order of the menu; each is loaded when it is opened. */
export const ROUTES: readonly Route[] = [
  {
    path: '/analyses',
    name: 'Analyses',
    icon: IconFileSearch,
    page: lazy(() => import('./pages/analyses.js')),
  },
  {
    path: '/interview',
    name: 'Interview',
    icon: IconUserQuestion,
    page: lazy(() => import('./pages/interview.js')),
  },
  {
    path: '/deals',
    name: 'Deals',
    icon: IconTags,
    page: lazy(() => import('./pages/deals.js')),
  },
  {
    path: '/chat',
    name: 'Chat',
    icon: IconMessages,
    page: lazy(() => import('./pages/chat.js')),
  },
  {
    path: '/class',
    name: 'Class',
    icon: IconSchool,
    page: lazy(() => import('./pages/class.js')),
  },
  {
    path: '/voice',
    name: 'Voice',
    icon: IconMicrophone,
    page: lazy(() => import('./pages/voice.js')),
  },
  {
    path: '/agents',
    name: 'Agents',
    icon: IconRobot,
    page: lazy(() => import('./pages/agents.js')),
  },
  {
    path: '/server',
    name: 'Server',
    icon: IconServer,
    page: lazy(() => import('./pages/server.js')),
    role: 'admin',
  },
];

/** Whether an address is of that page. */
export function isAt({ path }: Pick<Route, 'path'>, location: string): boolean {
  return location === path || location.startsWith(`${path}/`);
}
