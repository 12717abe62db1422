import './diagram.css';
import { Button, Card, Group, Modal, Skeleton, Text, useComputedColorScheme } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconMaximize } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { CodeBlock } from '../../parts/code-block.js';
import { Unfold } from '../../parts/unfold.js';

/** A Mermaid diagram, drawn, with its source as its text. */
export function Diagram({ source }: { readonly source: string }): ReactNode {
  const scheme = useComputedColorScheme('light');
  const [isLarge, { open, close }] = useDisclosure();
  const drawn = useQuery({
    queryKey: ['diagram', scheme, source],
    queryFn: () => draw(source, scheme === 'dark'),
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
  const label = 'The components and what uses what; the same as text is below';
  return (
    <Card withBorder>
      {drawn.isPending && <Skeleton height={280} aria-label="Drawing the components" />}
      {drawn.isError && (
        <Text size="sm" c="dimmed" role="status">
          This diagram cannot be drawn: its source is below.
        </Text>
      )}
      {drawn.data !== undefined && <Drawing svg={drawn.data} label={label} />}
      <Group justify="space-between" align="flex-start" gap="xs">
        <Unfold label="As text">
          <CodeBlock code={source} />
        </Unfold>
        {drawn.data !== undefined && (
          <Button
            mt="sm"
            size="compact-sm"
            variant="default"
            leftSection={<IconMaximize size={14} />}
            onClick={open}
          >
            Larger
          </Button>
        )}
      </Group>
      <Modal opened={isLarge} onClose={close} fullScreen title="Components">
        {drawn.data !== undefined && <Drawing svg={drawn.data} label={label} scale={1} />}
      </Modal>
    </Card>
  );
}

/** Below this part of its own size the words of a drawing cannot be read. */
const READABLE = 0.7;

/**
 * The picture, as wide as the page but never so small that it cannot be read: then it scrolls. What is in it was
 * cleaned by Mermaid, whose strict level lets no script and no link through.
 */
function Drawing({
  svg,
  label,
  scale = READABLE,
}: {
  readonly svg: string;
  readonly label: string;
  readonly scale?: number;
}): ReactNode {
  const [, width = '0'] = /viewBox="[-\d.]+ [-\d.]+ ([\d.]+)/.exec(svg) ?? [];
  return (
    <div className="diagram" tabIndex={0} role="region" aria-label="The components, drawn">
      <div
        role="img"
        aria-label={label}
        style={{ width: `max(100%, ${Math.ceil(Number(width) * scale)}px)` }}
        dangerouslySetInnerHTML={{ __html: svg }}
      />
    </div>
  );
}

let drawings = 0;

async function draw(source: string, isDark: boolean): Promise<string> {
  const { default: mermaid } = await import('mermaid');
  mermaid.initialize({
    startOnLoad: false,
    securityLevel: 'strict',
    theme: isDark ? 'dark' : 'neutral',
    // Its own grey leaves the numbers on the lines too pale.
    ...(isDark && { themeVariables: { edgeLabelBackground: '#3b3b3b' } }),
    fontFamily: 'system-ui, sans-serif',
    // Where a source is wrong, the page says so itself.
    suppressErrorRendering: true,
  });
  drawings += 1;
  return (await mermaid.render(`diagram-${drawings}`, source)).svg;
}
