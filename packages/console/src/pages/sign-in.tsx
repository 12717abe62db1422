import {
  Anchor,
  Button,
  Card,
  Center,
  Code,
  Group,
  PasswordInput,
  Skeleton,
  Stack,
  Text,
  TextInput,
  Title,
} from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useRef, useState } from 'react';
import { Fault } from '../parts/fault.js';
import { isDevelopment, signInByName, signInWithToken } from '../sign-in-state.js';

/** Asks who somebody is: by name where the server allows it, else by a token. */
export function SignIn(): ReactNode {
  const development = useQuery({ queryKey: ['development'], queryFn: isDevelopment });
  return (
    <Center mih="100%" p="md" component="main">
      <Stack w="100%" maw={400} gap="lg">
        <Group gap="sm" justify="center">
          <img src="./icon.svg" width={44} height={44} alt="" />
          <Title order={1} size="h2">
            Quintet
          </Title>
        </Group>
        <Card p="xl" withBorder shadow="sm">
          {development.isPending && (
            <Stack gap="sm" role="status" aria-label="Asking the server">
              <Skeleton height={14} width="40%" />
              <Skeleton height={36} />
              <Skeleton height={36} />
            </Stack>
          )}
          {development.isSuccess && <Ways isDevelopment={development.data} />}
          <Fault error={development.error} onRetry={development.refetch} />
        </Card>
        <Text size="xs" c="dimmed" ta="center" textWrap="balance">
          Analyses, interviews, deals, chat, classes, voice and agents, on one server.
        </Text>
      </Stack>
    </Center>
  );
}

/** The ways in: one at a time, and how to take the other one. */
function Ways({ isDevelopment: isByName }: { readonly isDevelopment: boolean }): ReactNode {
  const [isByToken, setIsByToken] = useState(!isByName);
  return (
    <>
      {isByToken ? <ByToken /> : <ByName />}
      {isByName && (
        <Center mt="md">
          <Anchor
            component="button"
            type="button"
            size="sm"
            onClick={() => setIsByToken(!isByToken)}
          >
            {isByToken ? 'Use a name instead' : 'Use a token instead'}
          </Anchor>
        </Center>
      )}
    </>
  );
}

function ByName(): ReactNode {
  const [name, setName] = useState('');
  const { box, submit, isBusy, error } = useSubmit(name.trim(), signInByName);
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <TextInput
          ref={box}
          label="Your name"
          description="Others see it. This server is for trying things out: a name is enough."
          autoComplete="nickname"
          autoFocus
          maxLength={256}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Button type="submit" loading={isBusy} fullWidth>
          Go on
        </Button>
        <Fault error={error} />
      </Stack>
    </form>
  );
}

function ByToken(): ReactNode {
  const [text, setText] = useState('');
  const { box, submit, isBusy, error } = useSubmit(text.trim(), signInWithToken);
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <PasswordInput
          ref={box}
          label="Your token"
          description={
            <>
              From your application, or printed by <Code>quintet token</Code>
            </>
          }
          autoComplete="off"
          autoFocus
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Button type="submit" loading={isBusy} fullWidth>
          Sign in with it
        </Button>
        <Fault error={error} />
      </Stack>
    </form>
  );
}

/** Signs in with what was written; where that is nothing, it is asked for. */
function useSubmit(text: string, signIn: (text: string) => Promise<void> | void) {
  const box = useRef<HTMLInputElement>(null);
  const [isBusy, setIsBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const submit = async () => {
    setError(undefined);
    setIsBusy(true);
    try {
      await signIn(text);
    } catch (reason) {
      setError(reason);
      box.current?.focus();
    } finally {
      setIsBusy(false);
    }
  };
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (text === '') box.current?.focus();
    else void submit();
  };
  return { box, submit: onSubmit, isBusy, error };
}
