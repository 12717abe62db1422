import { Box, Button, Center } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from 'react';

/** So near to the end somebody reads the newest: new ones scroll along. */
const NEAR_END = 80;
/** So near to the beginning older ones are read: pixels. */
const NEAR_START = 200;

/**
 * A list of any length, of which only what is seen is on the page. It stays at its end while new ones come,
 * unless somebody has scrolled up; older ones are read when its beginning comes near, and nothing jumps.
 */
export function MessageList<Message>({
  label,
  messages,
  revision,
  idOf,
  children,
  onNearStart,
  footer,
}: {
  readonly label: string;
  readonly messages: readonly Message[];
  /** Changes with `messages`, which may stay the same array. */
  readonly revision: number;
  readonly idOf: (message: Message) => string;
  readonly children: (message: Message, before: Message | undefined) => ReactNode;
  /** Reads older ones, where there are any. */
  readonly onNearStart?: (() => void) | undefined;
  /** Stands behind the last one. */
  readonly footer?: ReactNode;
}): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const [isAtEnd, setIsAtEnd] = useState(true);
  const count = messages.length;
  const list = useVirtualizer({
    count,
    getScrollElement: () => box.current,
    estimateSize: () => 56,
    overscan: 12,
    getItemKey: (at) => {
      const message = messages[at];
      return message === undefined ? at : idOf(message);
    },
  });
  const first = messages[0];
  const firstId = first === undefined ? undefined : idOf(first);
  useKeptPlace(box, list.getTotalSize(), firstId, isAtEnd);
  useEnd(box, isAtEnd, [count, revision, list.getTotalSize()].join());
  const isRead = useSettled(count > 0);
  const onScroll = () => {
    const { current } = box;
    if (current === null) return;
    const { scrollTop, scrollHeight, clientHeight } = current;
    setIsAtEnd(scrollHeight - scrollTop - clientHeight < NEAR_END);
    if (scrollTop < NEAR_START) onNearStart?.();
  };
  return (
    <Box pos="relative" style={{ flex: 1, minHeight: 0 }}>
      <div
        ref={box}
        onScroll={onScroll}
        role="log"
        // What is scrolled to is read by who scrolls; only what arrives is read out.
        aria-live={isAtEnd && isRead ? 'polite' : 'off'}
        aria-label={label}
        tabIndex={0}
        style={{ height: '100%', overflowY: 'auto', overflowAnchor: 'none' }}
      >
        <div style={{ height: list.getTotalSize(), position: 'relative' }}>
          {list.getVirtualItems().map(({ key, index, start }) => {
            const message = messages[index];
            return (
              <div
                key={key}
                ref={list.measureElement}
                data-index={index}
                style={{
                  position: 'absolute',
                  insetInline: 0,
                  transform: `translateY(${start}px)`,
                }}
              >
                {message !== undefined && children(message, messages[index - 1])}
              </div>
            );
          })}
        </div>
        {footer}
      </div>
      {!isAtEnd && (
        <Center pos="absolute" bottom={8} left={0} right={0}>
          <Button size="compact-sm" radius="xl" onClick={() => setIsAtEnd(true)}>
            To the newest
          </Button>
        </Center>
      )}
    </Box>
  );
}

/** Whoever is at the end stays there: when something comes, when what is there grows, and when the page is resized. */
function useEnd(
  box: { readonly current: HTMLDivElement | null },
  isAtEnd: boolean,
  /** Changes with what is in the box. */
  content: string,
): void {
  useLayoutEffect(() => {
    const { current } = box;
    if (current === null || !isAtEnd) return undefined;
    const toEnd = () => {
      current.scrollTop = current.scrollHeight;
    };
    toEnd();
    const watch = new ResizeObserver(toEnd);
    watch.observe(current);
    return () => watch.disconnect();
  }, [box, isAtEnd, content]);
}

/** True a moment after the first ones are there: a screen reader does not read out all that was said before. */
function useSettled(isFilled: boolean): boolean {
  const [isSettled, setIsSettled] = useState(false);
  useEffect(() => {
    if (!isFilled) return undefined;
    const timer = setTimeout(() => setIsSettled(true), 1_000);
    return () => clearTimeout(timer);
  }, [isFilled]);
  return isSettled;
}

/** When older ones come in front, what is looked at stays where it is. */
function useKeptPlace(
  box: { readonly current: HTMLDivElement | null },
  size: number,
  firstId: string | undefined,
  isAtEnd: boolean,
): void {
  const before = useRef({ size, firstId });
  useLayoutEffect(() => {
    const { current } = box;
    const grown = size - before.current.size;
    const isOlder = firstId !== before.current.firstId && before.current.firstId !== undefined;
    if (current !== null && isOlder && !isAtEnd) current.scrollTop += grown;
    before.current = { size, firstId };
  }, [box, size, firstId, isAtEnd]);
}
