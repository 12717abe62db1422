import type { ReactNode } from 'react';
import { useLocation } from 'wouter';
import { Heading } from '../parts/heading.js';
import { AgentSessions } from './agents/list.js';
import { NewSession } from './agents/new.js';
import { AgentRoom } from './agents/room.js';

/** Sessions with agents, and one of them where the address names it: `#/agents/ID`. */
export default function AgentsPage(): ReactNode {
  const [location] = useLocation();
  const sessionId = decodeURIComponent(location.split('/')[2] ?? '');
  if (sessionId !== '') return <AgentRoom key={sessionId} sessionId={sessionId} />;
  return (
    <>
      <Heading title="Agents" />
      <NewSession />
      <AgentSessions />
    </>
  );
}
