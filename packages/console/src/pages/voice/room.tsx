import { ActionIcon, Alert, Badge, Button, Card, Grid, Skeleton, Stack } from '@mantine/core';
import { IconArrowLeft, IconLock, IconPhoneOff } from '@tabler/icons-react';
import type { VoiceSession, VoiceStatus } from '@quintet/client/voice';
import { useStore } from '@quintet/react';
import { useVoiceSession } from '@quintet/react/voice';
import { type ReactNode, useEffect } from 'react';
import { Link } from 'wouter';
import { ConnectionBadge } from '../../parts/connection.js';
import { Fault, tell } from '../../parts/fault.js';
import { Heading } from '../../parts/heading.js';
import { Notice } from '../../parts/notice.js';
import { signedIn } from '../../sign-in-state.js';
import { Controls } from './controls.js';
import { End } from './end.js';
import { useMicrophone } from './microphone.js';
import { Notes } from './notes.js';
import { merged, useKept, usePast } from './past.js';
import { People } from './people.js';
import { Suggestions } from './suggestions.js';
import { Transcript } from './transcript.js';

type Joined = ReturnType<typeof useVoiceSession>;

/** One voice session: who is there, what is said, what could be answered. */
export function VoiceRoom({ sessionId }: { readonly sessionId: string }): ReactNode {
  const joined = useVoiceSession(sessionId);
  const { session, error, client, connection } = joined;
  const own = useStore(signedIn);
  const isJoined = session.status !== undefined;
  const isRefused = error !== undefined;
  const kept = useKept(sessionId, isJoined, isRefused);
  const isEnded = session.status === 'ended' || kept.data?.status === 'ended';
  useEffect(() => {
    // Why one could not join stands in the place of the session; and what was on its way when it ended is no
    // news to anybody.
    if (!isJoined) return undefined;
    return client.onFault((fault) => {
      if (client.session.value.status !== 'ended') tell(fault);
    });
  }, [client, isJoined]);
  return (
    <>
      <Heading title={sessionId} before={<Back />}>
        {isEnded ? (
          <Badge color="gray.7">Ended</Badge>
        ) : (
          <>
            {kept.data != null && kept.data.ownerId === own?.userId && (
              <End client={client} isOpen={connection.status === 'subscribed'} />
            )}
            <Status status={session.status} />
            <ConnectionBadge state={connection} />
          </>
        )}
      </Heading>
      {isRefused && kept.isPending && <Skeleton height={240} aria-label="Opening the session" />}
      {isRefused && kept.isFetched && !isEnded && <Closed error={error} />}
      {(!isRefused || isEnded) && <Talk joined={joined} sessionId={sessionId} isEnded={isEnded} />}
    </>
  );
}

/** What the session is doing, where that is not what it mostly does. */
function Status({ status }: { readonly status: VoiceStatus | undefined }): ReactNode {
  if (status === undefined || status === 'active' || status === 'ended') return null;
  return (
    <Badge variant="light" tt="capitalize">
      {status}
    </Badge>
  );
}

function Talk({
  joined,
  sessionId,
  isEnded,
}: {
  readonly joined: Joined;
  readonly sessionId: string;
  readonly isEnded: boolean;
}): ReactNode {
  const { session, client, connection } = joined;
  const { microphone, toggle } = useMicrophone(client, isEnded);
  const joinedAt = connection.status === 'subscribed' ? connection.since : undefined;
  const { transcript, isOver, nameOf, own } = useSaid(session, sessionId, isEnded, joinedAt);
  return (
    <>
      {isEnded && (
        <Alert color="gray" icon={<IconPhoneOff size={18} />} mb="md" role="status">
          The session has ended. Its transcript stays.
        </Alert>
      )}
      <Grid>
        <Grid.Col span={{ base: 12, md: 7 }}>
          <Stack gap="md">
            {!isEnded && (
              <Card withBorder component="section" aria-label="Microphone and people">
                <Stack gap="md">
                  <People session={session} own={own?.name ?? ''} nameOf={nameOf} />
                  <Controls
                    client={client}
                    session={session}
                    isOpen={connection.status === 'subscribed'}
                    microphone={microphone}
                    onToggle={toggle}
                  />
                </Stack>
              </Card>
            )}
            <Transcript
              transcript={transcript}
              nameOf={nameOf}
              hint={hint(isOver, microphone.state === 'on', session.isTranscribed)}
            />
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 5 }}>
          <Stack gap="md">
            {!isEnded && <Suggestions session={session} />}
            <Notes sessionId={sessionId} />
          </Stack>
        </Grid.Col>
      </Grid>
    </>
  );
}

/**
 * What was said, kept and told, and what those are called who said it. Over it is once the last words are told:
 * who is still in a session that ended waits for them.
 */
function useSaid(
  session: VoiceSession,
  sessionId: string,
  isEnded: boolean,
  joinedAt: number | undefined,
) {
  const own = useStore(signedIn);
  const { people } = session;
  const isStranger = (userId: string) =>
    userId !== own?.userId && (people.get(userId) ?? userId) === userId;
  const finals = session.transcript.filter(({ isFinal }) => isFinal);
  const strangers = [...new Set(finals.map(({ userId }) => userId).filter(isStranger))].join();
  const isKnown = isEnded || session.status !== undefined;
  const past = usePast(sessionId, isKnown, strangers, joinedAt);
  const isOver = isEnded && session.sessionId === undefined;
  const told = isOver ? finals : session.transcript;
  const nameOf = (userId: string): string => {
    if (userId === own?.userId) return own.name;
    return isStranger(userId) ? (past.names.get(userId) ?? userId) : (people.get(userId) ?? userId);
  };
  return { transcript: merged(past.utterances, told), isOver, nameOf, own };
}

function hint(isOver: boolean, isSpeaking: boolean, isTranscribed: boolean): string {
  if (isOver) return 'Nothing of it was written down.';
  if (isSpeaking && !isTranscribed) {
    return 'Your words are heard, and not written down. Turn on “Write down what I say” to read them here.';
  }
  return 'Speak, and have it written down: the words appear here while you say them.';
}

function Back(): ReactNode {
  return (
    <ActionIcon component={Link} href="/voice" variant="subtle" color="gray" aria-label="Leave">
      <IconArrowLeft size={20} />
    </ActionIcon>
  );
}

/** A session that one cannot join. */
function Closed({ error }: { readonly error: unknown }): ReactNode {
  return (
    <>
      <Fault error={error} />
      <Notice
        icon={IconLock}
        title="You are not in this session"
        action={
          <Button component={Link} href="/voice" mt="xs">
            To another session
          </Button>
        }
      >
        It may be for others, or full. Whoever made it can let you in.
      </Notice>
    </>
  );
}
