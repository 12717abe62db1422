import { Card, List, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { CitedText, Cites } from '../../parts/cited.js';
import type { IntelligenceReport } from './answers.js';
import { CopyAll } from './copy-all.js';
import { Diagram } from './diagram.js';

/** The second stage: how the repository is built, and why. */
export function Report({ report }: { readonly report: IntelligenceReport }): ReactNode {
  const { systemArchitecture, designDecisions, tradeoffs, scalabilityBottlenecks } = report;
  return (
    <Stack gap="xl">
      <Section title="Overview">
        <Prose text={systemArchitecture.overview} />
      </Section>
      <Section title="Components">
        <Diagram source={systemArchitecture.componentDiagram} />
      </Section>
      <Section title="Data flow">
        <Prose text={systemArchitecture.dataFlow} />
      </Section>
      <Section title="Decisions">
        <SimpleGrid
          cols={{ base: 1, lg: 2 }}
          component="ul"
          p={0}
          m={0}
          style={{ listStyle: 'none' }}
        >
          {designDecisions.map(({ decision, rationale, fileReferences }) => (
            <Card key={decision} component="li" withBorder>
              <Text fw={600} component="div">
                <CitedText text={decision} />
              </Text>
              <Text size="sm" component="div" mt={2}>
                <CitedText text={rationale} />
              </Text>
              <Cites references={fileReferences} texts={[decision, rationale]} />
            </Card>
          ))}
        </SimpleGrid>
      </Section>
      <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="xl" verticalSpacing="xl">
        <Section title="Trade-offs">
          <Points points={tradeoffs} />
        </Section>
        <Section title="What hurts first under load">
          <Points points={scalabilityBottlenecks} />
        </Section>
      </SimpleGrid>
      <Section
        title="For a résumé"
        beside={<CopyAll text={report.resumeBullets.map((bullet) => `- ${bullet}`).join('\n')} />}
      >
        <Points points={report.resumeBullets} />
      </Section>
    </Stack>
  );
}

function Section({
  title,
  beside,
  children,
}: {
  readonly title: string;
  readonly beside?: ReactNode;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <section>
      <Stack gap="sm">
        <div style={{ display: 'flex', justifyContent: 'space-between', alignItems: 'center' }}>
          <Title order={3} size="h4">
            {title}
          </Title>
          {beside}
        </div>
        {children}
      </Stack>
    </section>
  );
}

/** Sentences in a measure that can be read. */
function Prose({ text }: { readonly text: string }): ReactNode {
  return (
    <Text component="div" maw={860} lh={1.65} style={{ overflowWrap: 'anywhere' }}>
      <CitedText text={text} />
    </Text>
  );
}

function Points({ points }: { readonly points: readonly string[] }): ReactNode {
  if (points.length === 0) return <Text c="dimmed">Nothing was found.</Text>;
  return (
    <List spacing="sm" size="sm" maw={860} style={{ overflowWrap: 'anywhere' }}>
      {points.map((point) => (
        <List.Item key={point}>
          <CitedText text={point} />
        </List.Item>
      ))}
    </List>
  );
}
