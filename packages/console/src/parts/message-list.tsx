import { Box, Button, Center } from '@mantine/core';
import {
  type Range,
  type VirtualItem,
  type Virtualizer,
  defaultRangeExtractor,
  measureElement,
  observeElementOffset,
  useVirtualizer,
} from '@tanstack/react-virtual';
import {
  type ReactNode,
  memo,
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from 'react';

/** So near to the end somebody reads the newest: new ones scroll along. */
const NEAR_END = 80;
/** So near to the beginning older ones are read: pixels. */
const NEAR_START = 200;
/** Rows that are on the page beyond what is seen, on either side. */
const OVERSCAN = 10;
/** What a row is taken for before it is measured: pixels. */
const estimateSize = () => 40;

/** Draws a message, which stands behind `before`. */
export type Draw<Message> = (message: Message, before: Message | undefined) => ReactNode;

/** What is in a list: each has a place of its own, and they stand in that order. */
interface Placed {
  readonly seq: number;
}

/**
 * A list of any length, of which only what is seen is on the page. It stays at its end while new ones come,
 * unless somebody has scrolled up; older ones are read when its beginning comes near, and nothing jumps.
 */
export function MessageList<Message extends Placed>({
  label,
  messages,
  revision,
  draw,
  onNearStart,
  footer,
  footerRevision,
}: {
  readonly label: string;
  readonly messages: readonly Message[];
  /** Changes with `messages`, which may stay the same array. */
  readonly revision: number;
  /** The same function each time: rows stay as they are while it is. */
  readonly draw: Draw<Message>;
  /** Reads older ones, where there are any. */
  readonly onNearStart?: (() => void) | undefined;
  /** Stands behind the last one. */
  readonly footer?: ReactNode;
  /** Changes when that may have grown. */
  readonly footerRevision?: number;
}): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const [isAtEnd, setIsAtEnd] = useState(true);
  // As it is known before it is rendered.
  const end = useRef(true);
  const seen = useRef<Seen>(undefined);
  const observeOffset = useMemo(() => offsetObserver(end, seen), []);
  const count = messages.length;
  // The array may stay the same one.
  const getItemKey = useMemo(() => placesOf(messages), [messages, revision]);
  const toEnd = useCallback(() => {
    const { current } = box;
    if (current !== null && end.current) current.scrollTop = current.scrollHeight;
  }, []);
  const list = useVirtualizer({
    count,
    getScrollElement: () => box.current,
    estimateSize,
    overscan: OVERSCAN,
    getItemKey,
    // Whoever is at the end sees the last rows, wherever it moves.
    rangeExtractor: isAtEnd ? lastOnes : defaultRangeExtractor,
    observeElementOffset: observeOffset,
    measureElement: measuredLater,
    // Places are written without a render; what is measured moves the end.
    directDomUpdates: true,
    // When older ones come in front, what is looked at stays where it is.
    anchorTo: 'end',
    onChange: (now) => {
      if (end.current) toEnd();
      else keepPlace(now, seen);
    },
  });
  // Of sizes that change `keepPlace` takes care: for each the list would reckon all places anew.
  list.options.anchorTo = 'start';
  list.shouldAdjustScrollPositionOnItemSizeChange = () => false;
  useLayoutEffect(() => {
    // What came in front has moved it, and the list has scrolled along.
    seen.current = seenAt(list);
  }, [list, count, revision]);
  // Behind the list's own: by then it has its new height.
  useEnd(box, toEnd, [count, revision, footerRevision, isAtEnd].join());
  const isRead = useSettled(count > 0);
  const onScroll = () => {
    const { current } = box;
    if (current === null) return;
    end.current = isNearEnd(current);
    setIsAtEnd(end.current);
    if (current.scrollTop < NEAR_START) onNearStart?.();
  };
  const toNewest = () => {
    end.current = true;
    setIsAtEnd(true);
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
        <div ref={list.containerRef} style={{ position: 'relative' }}>
          {list.getVirtualItems().map(({ key, index }) => (
            <div key={key} ref={list.measureElement} data-index={index} style={ROW}>
              <Row message={messages[index]} before={messages[index - 1]} draw={draw} />
            </div>
          ))}
        </div>
        {footer}
      </div>
      {!isAtEnd && (
        <Center pos="absolute" bottom={8} left={0} right={0}>
          <Button size="compact-sm" radius="xl" onClick={toNewest}>
            To the newest
          </Button>
        </Center>
      )}
    </Box>
  );
}

/** The place of each message, by where it is in the list; of a hundred thousand without gaps none has to be looked at. */
function placesOf(messages: readonly Placed[]): (at: number) => number {
  const first = messages[0]?.seq ?? 0;
  const last = messages.at(-1)?.seq ?? 0;
  const hasGaps = last - first !== messages.length - 1;
  return hasGaps ? (at) => messages[at]?.seq ?? 0 : (at) => first + at;
}

const ROW = { position: 'absolute', top: 0, insetInline: 0 } as const;

/** A row is drawn once, whatever comes before and behind it. */
const Row = memo(function Row<Message>({ message, before, draw }: RowOf<Message>): ReactNode {
  return message === undefined ? null : draw(message, before);
}) as <Message>(row: RowOf<Message>) => ReactNode;

interface RowOf<Message> {
  readonly message: Message | undefined;
  readonly before: Message | undefined;
  readonly draw: Draw<Message>;
}

/** As many rows as would be seen where it was scrolled to, but the last ones. */
function lastOnes(range: Range): number[] {
  const moved = Math.max(0, range.count - 1 - range.endIndex);
  const [startIndex, endIndex] = [range.startIndex + moved, range.endIndex + moved];
  return defaultRangeExtractor({ ...range, startIndex, endIndex });
}

/**
 * A new row is taken for what was estimated until the observer of sizes tells of all new ones at once, still before
 * they are painted: one by one each would have a hundred thousand places reckoned anew.
 */
const measuredLater: typeof measureElement<Element> = (row, entry, list) =>
  entry === undefined
    ? (list.itemSizeCache.get(list.options.getItemKey(list.indexFromElement(row))) ??
      estimateSize())
    : measureElement(row, entry, list);

type List = Virtualizer<HTMLDivElement, Element>;

/** The first row that is looked at, and where it begins. */
type Seen = Pick<VirtualItem, 'index' | 'key' | 'start'> | undefined;

function seenAt(list: List): Seen {
  const top = list.scrollElement?.scrollTop;
  return top === undefined ? undefined : list.getVirtualItemForOffset(top);
}

/** Whatever has become larger or smaller above what is looked at moves it not. */
function keepPlace(list: List, seen: { current: Seen }): void {
  const { scrollElement, measurementsCache } = list;
  const before = seen.current;
  const now = before === undefined ? undefined : measurementsCache[before.index];
  if (scrollElement === null || before === undefined || now?.key !== before.key) return;
  if (now.start !== before.start) scrollElement.scrollTop += now.start - before.start;
  seen.current = now;
}

const isNearEnd = ({ scrollTop, scrollHeight, clientHeight }: Element): boolean =>
  scrollHeight - scrollTop - clientHeight < NEAR_END;

/**
 * Tells a list where it is scrolled to, and keeps whether that is its end; but of an end that moves not each step:
 * that is no news, and would be rendered again.
 */
const offsetObserver =
  (
    end: { current: boolean },
    seen: { current: Seen },
  ): typeof observeElementOffset<HTMLDivElement> =>
  (list, tell) =>
    observeElementOffset(list, (offset, isScrolling) => {
      const wasAtEnd = end.current;
      end.current = list.scrollElement !== null && isNearEnd(list.scrollElement);
      seen.current = end.current ? undefined : seenAt(list);
      if (!wasAtEnd || !end.current || !isScrolling) tell(offset, isScrolling);
    });

/** Whoever is at the end stays there: when something comes, when what is there grows, and when the page is resized. */
function useEnd(
  box: { readonly current: HTMLDivElement | null },
  toEnd: () => void,
  /** Changes with what is in the box. */
  content: string,
): void {
  useLayoutEffect(toEnd, [toEnd, content]);
  useLayoutEffect(() => {
    if (box.current === null) return undefined;
    const watch = new ResizeObserver(toEnd);
    watch.observe(box.current);
    return () => watch.disconnect();
  }, [box, toEnd]);
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
