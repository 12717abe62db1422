import {
  Button,
  Card,
  Grid,
  Radio,
  Select,
  SimpleGrid,
  Skeleton,
  Stack,
  Text,
} from '@mantine/core';
import { IconUserQuestion } from '@tabler/icons-react';
import { useInterview } from '@quintet/react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { ChoiceCard } from '../../parts/choice-card.js';
import { ConnectionBadge } from '../../parts/connection.js';
import { Fault } from '../../parts/fault.js';
import { Heading } from '../../parts/heading.js';
import { Notice } from '../../parts/notice.js';
import { type Listed, moment, nameOf } from '../analyses/answers.js';
import { useAnalyses } from '../analyses/list.js';
import { addressOf, useNewest } from './interviews.js';
import { Sittings } from './sittings.js';

type SessionType = 'live' | 'practice';

const TYPES: readonly { value: SessionType; name: string; does: string }[] = [
  {
    value: 'practice',
    name: 'Practice',
    does: 'After each answer you also read an example of a good one.',
  },
  {
    value: 'live',
    name: 'Live',
    does: 'As in a real one: no examples, one question after the other.',
  },
];

/** Where an interview is chosen: about which analysis, and how; or one that was begun before. */
export function Begin({ analysisId }: { readonly analysisId?: string }): ReactNode {
  const { connection } = useInterview();
  const analyses = useAnalyses();
  const newest = useNewest();
  const items = analyses.data?.pages.flatMap((page) => page.items) ?? [];
  const complete = items.filter(({ status }) => status === 'completed');
  const isReading = analyses.isPending || newest.isPending;
  return (
    <>
      <Heading title="Interview">
        <ConnectionBadge state={connection} />
      </Heading>
      <Fault error={analyses.error ?? newest.error} />
      {isReading && <Skeleton height={240} aria-label="Reading your analyses" />}
      {analyses.isSuccess && complete.length === 0 && <NothingYet />}
      {complete.length > 0 && !isReading && (
        <Choice complete={complete} first={analysisId ?? newest.data?.analysisId} />
      )}
    </>
  );
}

function NothingYet(): ReactNode {
  return (
    <Notice
      icon={IconUserQuestion}
      title="First comes an analysis"
      action={
        <Button component={Link} href="/analyses" mt="xs">
          Analyse a repository
        </Button>
      }
    >
      An interview is about a repository that was analysed. No analysis of yours is complete yet.
    </Notice>
  );
}

function Choice({
  complete,
  first,
}: {
  readonly complete: readonly Listed[];
  /** What is chosen at first, where it is one of them. */
  readonly first: string | undefined;
}): ReactNode {
  const known = complete.find((item) => item.analysisId === first) ?? complete[0];
  const [chosen, setChosen] = useState(known?.analysisId ?? '');
  const [type, setType] = useState<SessionType>('practice');
  const begin = useBegin();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    begin.mutate({ analysisId: chosen, type });
  };
  return (
    <Grid gap="xl">
      <Grid.Col span={{ base: 12, lg: 7 }}>
        <Card withBorder p={{ base: 'md', sm: 'lg' }} component="form" onSubmit={submit}>
          <Stack gap="lg">
            <Text>
              You are asked about the code of a repository, five to ten questions, some with a
              follow-up. Each answer is evaluated at once. You can pause whenever you like.
            </Text>
            <Select
              label="About"
              data={complete.map((item) => ({
                value: item.analysisId,
                label: `${nameOf(item.repositoryUrl)}, ${moment(item.createdAt)}`,
              }))}
              value={chosen}
              allowDeselect={false}
              onChange={(value) => value !== null && setChosen(value)}
            />
            <Radio.Group
              label="How"
              value={type}
              onChange={(value) => setType(value as SessionType)}
            >
              <SimpleGrid cols={{ base: 1, xs: 2 }} mt={4}>
                {TYPES.map((choice) => (
                  <ChoiceCard key={choice.value} {...choice} />
                ))}
              </SimpleGrid>
            </Radio.Group>
            <Fault error={begin.error} />
            <div>
              <Button type="submit" size="md" loading={begin.isPending}>
                Begin
              </Button>
            </div>
          </Stack>
        </Card>
      </Grid.Col>
      <Grid.Col span={{ base: 12, lg: 5 }}>
        <Sittings key={chosen} analysisId={chosen} />
      </Grid.Col>
    </Grid>
  );
}

function useBegin() {
  const { client } = useInterview();
  const queries = useQueryClient();
  const [, navigate] = useLocation();
  return useMutation({
    mutationFn: ({ analysisId, type }: { analysisId: string; type: SessionType }) =>
      client.startInterview(analysisId, type),
    onSuccess: ({ sessionId }, { analysisId }) => {
      void queries.invalidateQueries({ queryKey: ['interviews'] });
      navigate(addressOf({ analysisId, sessionId }));
    },
  });
}
