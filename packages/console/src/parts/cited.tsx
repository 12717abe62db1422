import './cited.css';
import { Code, Drawer, Group, Text } from '@mantine/core';
import { type ReactNode, createContext, useContext, useState } from 'react';
import { type Citation, besides, piecesOf, readCitation, spoken } from './citation.js';
import { CitedLines } from './cited-lines.js';

const Opening = createContext<(citation: Citation) => void>(() => {});

/** Below it, citations open the lines of the analysis at the edge of the page. */
export function Citations({
  analysisId,
  children,
}: {
  readonly analysisId: string;
  readonly children: ReactNode;
}): ReactNode {
  const [citation, setCitation] = useState<Citation>();
  return (
    <CitationsAt
      analysisId={analysisId}
      citation={citation}
      onOpen={setCitation}
      onClose={() => setCitation(undefined)}
    >
      {children}
    </CitationsAt>
  );
}

/** The same where somebody else keeps which one is open. */
export function CitationsAt({
  analysisId,
  citation,
  onOpen,
  onClose,
  children,
}: {
  readonly analysisId: string;
  readonly citation: Citation | undefined;
  readonly onOpen: (citation: Citation) => void;
  readonly onClose: () => void;
  readonly children: ReactNode;
}): ReactNode {
  // What goes away is seen while it goes.
  const [last, setLast] = useState(citation);
  if (citation !== undefined && citation !== last) setLast(citation);
  return (
    <Opening value={onOpen}>
      {children}
      <Drawer.Root
        opened={citation !== undefined}
        onClose={onClose}
        position="right"
        size="min(820px, 100vw)"
      >
        <Drawer.Overlay />
        <Drawer.Content>
          {last !== undefined && <CitedFile analysisId={analysisId} citation={last} />}
        </Drawer.Content>
      </Drawer.Root>
    </Opening>
  );
}

/** Its head is no `header`: the page has one, and a second one would be another landmark of that kind. */
function CitedFile({
  analysisId,
  citation,
}: {
  readonly analysisId: string;
  readonly citation: Citation;
}): ReactNode {
  const { path, from, to } = citation;
  return (
    <>
      <Group justify="space-between" wrap="nowrap" align="flex-start" className="lines-head">
        <Drawer.Title style={{ minWidth: 0 }}>
          <Text fw={650} ff="monospace" size="sm" style={{ overflowWrap: 'anywhere' }}>
            {path}
          </Text>
          <Text size="xs" c="dimmed">
            {from === undefined && 'The whole file, at the commit that was analysed'}
            {from !== undefined && (to === from ? `Line ${from}` : `Lines ${from} to ${to}`)}
          </Text>
        </Drawer.Title>
        <Drawer.CloseButton aria-label="Close the lines" />
      </Group>
      <Drawer.Body>
        <CitedLines key={spoken(citation)} analysisId={analysisId} citation={citation} />
      </Drawer.Body>
    </>
  );
}

/** A citation that opens its lines; of a long path the end is seen. */
export function Cite({ reference }: { readonly reference: string }): ReactNode {
  return <CiteButton text={reference} citation={readCitation(reference)} />;
}

function CiteButton({
  text,
  citation,
}: {
  readonly text: string;
  readonly citation: Citation;
}): ReactNode {
  const open = useContext(Opening);
  const folders = text.split('/');
  const seen = folders.slice(-2).join('/');
  const before = text.slice(0, text.length - seen.length);
  return (
    <button type="button" className="cite" title={spoken(citation)} onClick={() => open(citation)}>
      {before !== '' && <span className="hidden">{before}</span>}
      {seen}
    </button>
  );
}

/** What a claim stands on, but for what its own words open; nothing where that is no file. */
export function Cites({
  references,
  texts = [],
}: {
  readonly references: readonly string[];
  /** The words above them. */
  readonly texts?: readonly string[];
}): ReactNode {
  const others = besides(references, texts);
  if (others.length === 0) return null;
  return (
    <Group gap={6} mt={6} role="group" aria-label="Where it shows">
      {others.map((reference) => (
        <Cite key={reference} reference={reference} />
      ))}
    </Group>
  );
}

/** A text whose citations can be opened, and whose names of code look like code. */
export function CitedText({ text }: { readonly text: string }): ReactNode {
  return piecesOf(text).map((piece, nth) => {
    if (piece.kind === 'words') return piece.text;
    if (piece.kind === 'code') return <Code key={nth}>{piece.text}</Code>;
    return <CiteButton key={nth} text={piece.text} citation={piece.citation} />;
  });
}
