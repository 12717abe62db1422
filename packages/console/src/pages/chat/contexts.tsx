import { ActionIcon, TextInput } from '@mantine/core';
import { useApi } from '@quintet/react';
import { IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { Link, useLocation } from 'wouter';

/** A context that somebody took part in. */
interface Context {
  readonly contextId: string;
  /** People who are there now. */
  readonly onlineCount: number;
}

/** Contexts that are shown beside the one that is open. */
const CONTEXTS = 50;
/** How often who is where is asked for: milliseconds. */
const ASK_EVERY = 30_000;

const addressOf = (contextId: string) => `/chat/${encodeURIComponent(contextId)}`;

/** The contexts that somebody took part in, the open one among them, and a way to begin another. */
export function Contexts({ current }: { readonly current: string }): ReactNode {
  const api = useApi();
  const contexts = useQuery({
    queryKey: ['contexts'],
    queryFn: () => api.get<{ items: Context[] }>('/api/contexts', { limit: CONTEXTS }),
    refetchInterval: ASK_EVERY,
  });
  const known = contexts.data?.items ?? [];
  const isKnown = known.some(({ contextId }) => contextId === current);
  const shown = isKnown ? known : [{ contextId: current, onlineCount: 0 }, ...known];
  return (
    <nav className="contexts" aria-label="Contexts">
      {shown.map((context) => (
        <Entry key={context.contextId} context={context} isOpen={context.contextId === current} />
      ))}
      <Another />
    </nav>
  );
}

function Entry({
  context: { contextId, onlineCount },
  isOpen,
}: {
  readonly context: Context;
  readonly isOpen: boolean;
}): ReactNode {
  const link = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    if (isOpen) link.current?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [isOpen]);
  return (
    <Link
      ref={link}
      href={addressOf(contextId)}
      className="context"
      title={contextId}
      aria-current={isOpen ? 'page' : undefined}
    >
      <span>
        <bdi>{contextId}</bdi>
      </span>
      {!isOpen && onlineCount > 0 && (
        <span className="context-here">
          {onlineCount.toLocaleString()}
          <span className="hidden"> here</span>
        </span>
      )}
    </Link>
  );
}

/** Opens any context by its name: who comes first begins it. */
function Another(): ReactNode {
  const [name, setName] = useState('');
  const [, navigate] = useLocation();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() !== '') navigate(addressOf(name.trim()));
    setName('');
  };
  return (
    <form onSubmit={submit}>
      <TextInput
        size="xs"
        aria-label="Another context"
        placeholder="Open another…"
        maxLength={256}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        rightSection={
          name.trim() !== '' && (
            <ActionIcon type="submit" size="sm" variant="subtle" aria-label={`Open ${name.trim()}`}>
              <IconPlus size={14} />
            </ActionIcon>
          )
        }
      />
    </form>
  );
}
