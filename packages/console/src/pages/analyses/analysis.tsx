import { ActionIcon, Button, Group, Skeleton, Tabs, Text } from '@mantine/core';
import { IconArrowLeft, IconUserQuestion } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import { Link } from 'wouter';
import { Citations } from '../../parts/cited.js';
import { ConnectionBadge } from '../../parts/connection.js';
import { Fault } from '../../parts/fault.js';
import { Heading } from '../../parts/heading.js';
import { type Analysis, moment, nameOf } from './answers.js';
import { Questions } from './questions.js';
import { Remove } from './remove.js';
import { Report } from './report.js';
import { Review } from './review.js';
import { Failed, Stages } from './stages.js';
import { useWatched } from './watch.js';

/** One analysis: its stages while they come, and what they say. */
export function AnalysisView({ analysisId }: { readonly analysisId: string }): ReactNode {
  const { analysis, watched, connection, error } = useWatched(analysisId);
  // Who has seen it come sees it arrive, too.
  const [wasComing, setWasComing] = useState(false);
  const isComing = watched !== undefined && watched.status !== 'completed';
  if (isComing && !wasComing) setWasComing(true);
  const name = analysis === undefined ? 'Analysis' : nameOf(analysis.repositoryUrl);
  return (
    <Citations analysisId={analysisId}>
      <Heading title={name} before={<Back />}>
        <ConnectionBadge state={connection} />
        {analysis?.interviewSimulation !== undefined && (
          <Button
            component={Link}
            href={`/interview/${encodeURIComponent(analysisId)}`}
            size="sm"
            leftSection={<IconUserQuestion size={16} />}
          >
            Interview
          </Button>
        )}
        {analysis !== undefined && <Remove analysisId={analysisId} name={name} />}
      </Heading>
      <Fault error={error} />
      {analysis === undefined && error == null && (
        <Skeleton height={300} aria-label="Reading the analysis" />
      )}
      {analysis !== undefined && <Origin analysis={analysis} />}
      {watched !== undefined && wasComing && <Stages analysisId={analysisId} watched={watched} />}
      {watched?.failure !== undefined && analysis !== undefined && (
        <Failed failure={watched.failure} repositoryUrl={analysis.repositoryUrl} />
      )}
      {analysis !== undefined && <Results analysis={analysis} />}
    </Citations>
  );
}

function Back(): ReactNode {
  return (
    <ActionIcon
      component={Link}
      href="/analyses"
      variant="subtle"
      color="gray"
      aria-label="All analyses"
    >
      <IconArrowLeft size={20} stroke={1.6} />
    </ActionIcon>
  );
}

/** Where it comes from: what was analysed, when, and who wrote what stands here. */
function Origin({ analysis }: { readonly analysis: Analysis }): ReactNode {
  const { repositoryUrl, createdAt, metadata } = analysis;
  const { commit, provider } = metadata;
  return (
    <Group gap="xs" mb="lg" mt={-8}>
      <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
        {repositoryUrl}
        {commit !== undefined && (
          <>
            {' at '}
            <Text span ff="monospace" size="sm" title={commit}>
              {commit.slice(0, 10)}
            </Text>
          </>
        )}
        {`, ${moment(createdAt)}`}
        {provider !== undefined &&
          (provider === 'builtin'
            ? ', written by the rules of this server'
            : `, written by ${provider}`)}
      </Text>
    </Group>
  );
}

/** What the stages say, one behind the other. */
function Results({ analysis }: { readonly analysis: Analysis }): ReactNode {
  const { projectReview, intelligenceReport, interviewSimulation, status } = analysis;
  if (projectReview === undefined) {
    return status === 'failed' ? null : <Skeleton height={220} aria-label="Nothing is there yet" />;
  }
  return (
    <Tabs defaultValue="review" keepMounted={false}>
      <Tabs.List mb="md" aria-label="What the analysis says">
        <Tabs.Tab value="review">Review</Tabs.Tab>
        <Tabs.Tab value="report" disabled={intelligenceReport === undefined}>
          Report
        </Tabs.Tab>
        <Tabs.Tab value="questions" disabled={interviewSimulation === undefined}>
          Questions
        </Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="review">
        <Review review={projectReview} />
      </Tabs.Panel>
      <Tabs.Panel value="report">
        {intelligenceReport && <Report report={intelligenceReport} />}
      </Tabs.Panel>
      <Tabs.Panel value="questions">
        {interviewSimulation && <Questions questions={interviewSimulation.questions} />}
      </Tabs.Panel>
    </Tabs>
  );
}
