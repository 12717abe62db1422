import { Alert, Button, Group, Stack, Switch, Text } from '@mantine/core';
import { IconMicrophone, IconMicrophoneOff, IconPlayerStop } from '@tabler/icons-react';
import type { InterviewAssistantClient, VoiceSession } from '@quintet/client/voice';
import { startMicrophone } from '@quintet/client/voice/microphone';
import { startPlayback } from '@quintet/client/voice/playback';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { tell } from '../../parts/fault.js';

/** The microphone, the loudspeaker, and whether what one says is written down. */
export function Controls({
  client,
  session,
  isOpen,
}: {
  readonly client: InterviewAssistantClient;
  readonly session: VoiceSession;
  /** Whether the session is joined. */
  readonly isOpen: boolean;
}): ReactNode {
  const [isListening, setIsListening] = useState(true);
  const { isSpeaking, isStarting, toggle } = useMicrophone(client);
  useEffect(() => {
    if (!isListening) return undefined;
    return startPlayback(client);
  }, [client, isListening]);
  const write = (isWanted: boolean) => {
    const asked = isWanted ? client.startTranscription() : client.stopTranscription();
    asked.catch(tell);
  };
  return (
    <Stack gap="xs">
      <Group gap="md">
        <Button
          leftSection={isSpeaking ? <IconMicrophoneOff size={18} /> : <IconMicrophone size={18} />}
          color={isSpeaking ? 'red' : 'indigo'}
          variant={isSpeaking ? 'light' : 'filled'}
          loading={isStarting}
          disabled={!isOpen && !isSpeaking}
          aria-pressed={isSpeaking}
          onClick={toggle}
        >
          {isSpeaking ? 'Mute' : 'Speak'}
        </Button>
        <Switch
          label="Write down what I say"
          checked={session.isTranscribed}
          disabled={!isOpen}
          onChange={(event) => write(event.currentTarget.checked)}
        />
        <Switch
          label="Hear the others"
          checked={isListening}
          onChange={(event) => setIsListening(event.currentTarget.checked)}
        />
        <Button
          variant="subtle"
          color="gray"
          size="compact-sm"
          leftSection={<IconPlayerStop size={14} />}
          disabled={!isOpen}
          onClick={() => void client.setStatus('ended').catch(tell)}
        >
          End for all
        </Button>
      </Group>
      {session.quality !== undefined && (
        <Alert color="yellow" p="xs" role="status">
          <Text size="sm">{ADVICE[session.quality.reason] ?? 'The session cannot keep up.'}</Text>
        </Alert>
      )}
    </Stack>
  );
}

/** What the server advises, in words. */
const ADVICE: Readonly<Record<string, string>> = {
  partials_paused: 'The server is busy: your words appear once you have finished a sentence.',
  transcription_too_slow:
    'The server is too busy to write down all you say: some of it is left out.',
  listener_too_slow: 'Somebody’s connection cannot keep up with your audio: they hear gaps.',
};

function useMicrophone(client: InterviewAssistantClient): {
  readonly isSpeaking: boolean;
  readonly isStarting: boolean;
  readonly toggle: () => void;
} {
  const stop = useRef<(() => void) | undefined>(undefined);
  const [isSpeaking, setIsSpeaking] = useState(false);
  const [isStarting, setIsStarting] = useState(false);
  useEffect(() => () => stop.current?.(), []);
  const toggle = () => {
    if (stop.current !== undefined) {
      stop.current();
      stop.current = undefined;
      return setIsSpeaking(false);
    }
    setIsStarting(true);
    startMicrophone(client)
      .then((end) => {
        stop.current = end;
        setIsSpeaking(true);
      })
      .catch(tell)
      .finally(() => setIsStarting(false));
  };
  return { isSpeaking, isStarting, toggle };
}
