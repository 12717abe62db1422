import {
  Button,
  Card,
  Center,
  Code,
  Group,
  PasswordInput,
  Stack,
  Text,
  TextInput,
  Title,
} from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useState } from 'react';
import { Fault } from '../parts/fault.js';
import { isDevelopment, signInByName, signInWithToken } from '../sign-in-state.js';

/** Asks who somebody is: by name where the server allows it, else by a token. */
export function SignIn(): ReactNode {
  const development = useQuery({ queryKey: ['development'], queryFn: isDevelopment });
  return (
    <Center mih="100%" p="md" component="main">
      <Card w="100%" maw={400} p="xl" withBorder shadow="sm">
        <Stack>
          <Group>
            <img src="./icon.svg" width={40} height={40} alt="" />
            <div>
              <Title order={1} size="h3">
                Quintet
              </Title>
              <Text size="sm" c="dimmed">
                Who are you?
              </Text>
            </div>
          </Group>
          {development.data === true && <ByName />}
          {development.data !== undefined && <ByToken isOnly={!development.data} />}
          <Fault error={development.error} />
        </Stack>
      </Card>
    </Center>
  );
}

function ByName(): ReactNode {
  const [name, setName] = useState('');
  const [error, setError] = useState<unknown>();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    signInByName(name.trim()).catch(setError);
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="xs">
        <TextInput
          label="Your name"
          description="This server is for trying things on one's own machine: a name is enough."
          autoFocus
          required
          maxLength={256}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Button type="submit" disabled={name.trim() === ''}>
          Go on
        </Button>
        <Fault error={error} />
      </Stack>
    </form>
  );
}

function ByToken({ isOnly }: { readonly isOnly: boolean }): ReactNode {
  const [text, setText] = useState('');
  const [error, setError] = useState<unknown>();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    try {
      signInWithToken(text);
    } catch (reason) {
      setError(reason);
    }
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="xs">
        <PasswordInput
          label={isOnly ? 'Your token' : 'Or a token'}
          description={
            <>
              From your application, or by <Code>quintet token --sub ann</Code>
            </>
          }
          autoFocus={isOnly}
          required
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Button type="submit" variant={isOnly ? 'filled' : 'default'} disabled={text.trim() === ''}>
          Sign in with it
        </Button>
        <Fault error={error} />
      </Stack>
    </form>
  );
}
