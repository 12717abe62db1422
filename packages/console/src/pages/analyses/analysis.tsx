import './analyses.css';
import { ActionIcon, Button, SimpleGrid, Skeleton, Stack, Tabs, Text } from '@mantine/core';
import { IconArrowLeft, IconFileOff, IconUserQuestion } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import { Link } from 'wouter';
import { CitationsAt } from '../../parts/cited.js';
import { ConnectionBadge } from '../../parts/connection.js';
import { Fault } from '../../parts/fault.js';
import { kindOf } from '../../parts/fault-kind.js';
import { Heading } from '../../parts/heading.js';
import { Notice } from '../../parts/notice.js';
import { When } from '../../parts/when.js';
import { type Analysis, nameOf } from './answers.js';
import { type PartName, useAnalysisPlace } from './place.js';
import { Questions } from './questions.js';
import { Remove } from './remove.js';
import { Report } from './report.js';
import { Review } from './review.js';
import { Failed, Stages } from './stages.js';
import { useWatched } from './watch.js';

/** One analysis: its stages while they come, and what they say. */
export function AnalysisView({ analysisId }: { readonly analysisId: string }): ReactNode {
  const { analysis, watched, connection, error, retry } = useWatched(analysisId);
  const { part, citation, choose, open, close } = useAnalysisPlace(analysisId);
  // Who has seen it come sees it arrive, too.
  const [wasComing, setWasComing] = useState(false);
  const isComing = watched !== undefined && watched.status !== 'completed';
  if (isComing && !wasComing) setWasComing(true);
  if (analysis === undefined && kindOf(error) === 'missing') return <Missing />;
  const name = analysis === undefined ? 'Analysis' : nameOf(analysis.repositoryUrl);
  return (
    <CitationsAt analysisId={analysisId} citation={citation} onOpen={open} onClose={close}>
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
      {analysis !== undefined && <Origin analysis={analysis} />}
      <Fault error={error} onRetry={retry} />
      {analysis === undefined && error == null && <Coming label="Reading the analysis" />}
      {watched !== undefined && wasComing && <Stages analysisId={analysisId} watched={watched} />}
      {watched?.failure !== undefined && analysis !== undefined && (
        <Failed failure={watched.failure} repositoryUrl={analysis.repositoryUrl} />
      )}
      {analysis !== undefined && <Results analysis={analysis} part={part} onChoose={choose} />}
    </CitationsAt>
  );
}

function Back(): ReactNode {
  return (
    <ActionIcon
      component={Link}
      href="/analyses"
      variant="subtle"
      color="gray"
      ms={-6}
      aria-label="All analyses"
    >
      <IconArrowLeft size={20} stroke={1.6} />
    </ActionIcon>
  );
}

function Missing(): ReactNode {
  return (
    <>
      <Heading title="Analysis" before={<Back />} />
      <div role="alert">
        <Notice
          icon={IconFileOff}
          title="There is no such analysis"
          action={
            <Button component={Link} href="/analyses" mt="xs">
              All your analyses
            </Button>
          }
        >
          It may have been deleted, or it is somebody else’s: an analysis is shown only to who asked
          for it.
        </Notice>
      </div>
    </>
  );
}

/** Stands where something is about to: as high as what comes, so that nothing jumps. */
function Coming({ label }: { readonly label: string }): ReactNode {
  return (
    <Stack gap="md" role="status" aria-label={label}>
      <Skeleton height={16} width="60%" />
      <Skeleton height={36} width={280} mt="sm" />
      <Skeleton height={180} radius="md" />
      <Skeleton height={120} radius="md" />
    </Stack>
  );
}

/** In the place of the scores, until they are there. */
function Scores(): ReactNode {
  return (
    <SimpleGrid cols={{ base: 1, md: 3 }} aria-hidden>
      {[0, 1, 2].map((nth) => (
        <Skeleton key={nth} height={190} radius="md" animate={false} />
      ))}
    </SimpleGrid>
  );
}

/** Where it comes from: what was analysed, when, and who wrote what stands here. */
function Origin({ analysis }: { readonly analysis: Analysis }): ReactNode {
  const { repositoryUrl, createdAt, metadata } = analysis;
  const { commit, provider } = metadata;
  const pieces = [
    <span key="url">{repositoryUrl}</span>,
    commit !== undefined && (
      <span key="commit" title={commit}>
        commit <code>{commit.slice(0, 10)}</code>
      </span>
    ),
    <When key="when" at={createdAt} size="sm" />,
    provider !== undefined && (
      <span key="provider">
        written by {provider === 'builtin' ? 'this server’s own rules' : provider}
      </span>
    ),
  ].filter((piece) => piece !== false);
  return (
    <Text size="sm" c="dimmed" component="div" mt={-10} mb="lg" className="origin">
      {pieces}
    </Text>
  );
}

/** What the stages say, one behind the other. */
function Results({
  analysis,
  part,
  onChoose,
}: {
  readonly analysis: Analysis;
  readonly part: PartName;
  readonly onChoose: (part: PartName) => void;
}): ReactNode {
  const { projectReview, intelligenceReport, interviewSimulation, status } = analysis;
  if (projectReview === undefined) {
    return status === 'failed' ? null : <Scores />;
  }
  const isThere: Record<PartName, boolean> = {
    review: true,
    report: intelligenceReport !== undefined,
    questions: interviewSimulation !== undefined,
  };
  return (
    <Tabs
      value={isThere[part] ? part : 'review'}
      onChange={(next) => onChoose(next as PartName)}
      keepMounted={false}
    >
      <Tabs.List mb="md" aria-label="What the analysis says">
        <Tabs.Tab value="review">Review</Tabs.Tab>
        <Tabs.Tab value="report" disabled={!isThere.report}>
          Report
        </Tabs.Tab>
        <Tabs.Tab value="questions" disabled={!isThere.questions}>
          Questions
          {interviewSimulation !== undefined && (
            <Text span size="xs" c="dimmed" ms={6} aria-hidden>
              {interviewSimulation.questions.length}
            </Text>
          )}
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
