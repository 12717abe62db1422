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
  useEffect(() => {
    if (isAtEnd && count > 0) list.scrollToIndex(count - 1, { align: 'end' });
  }, [count, revision, isAtEnd, list]);
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
          <Button
            size="compact-sm"
            radius="xl"
            onClick={() => list.scrollToIndex(count - 1, { align: 'end' })}
          >
            To the newest
          </Button>
        </Center>
      )}
    </Box>
  );
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
