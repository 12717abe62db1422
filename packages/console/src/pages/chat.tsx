import './chat/chat.css';
import type { ReactNode } from 'react';
import { useLocation } from 'wouter';
import { Contexts } from './chat/contexts.js';
import { Room } from './chat/room.js';

/** A context's chat, chosen by the address: `#/chat/math`. */
export default function ChatPage(): ReactNode {
  const [location] = useLocation();
  const contextId = decodeURIComponent(location.split('/')[2] ?? '') || 'default';
  return (
    <div className="whole chat">
      <Contexts current={contextId} />
      <Room key={contextId} contextId={contextId} />
    </div>
  );
}
