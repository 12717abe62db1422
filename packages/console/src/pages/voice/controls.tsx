import './voice.css';
import { Alert, Button, Group, Stack, Switch, Text } from '@mantine/core';
import { IconMicrophone, IconMicrophoneOff } from '@tabler/icons-react';
import type { InterviewAssistantClient, VoiceSession } from '@quintet/client/voice';
import { startPlayback } from '@quintet/client/voice/playback';
import { type ReactNode, useEffect, useState } from 'react';
import { tell } from '../../parts/fault.js';
import { Level } from './level.js';
import type { Microphone } from './microphone.js';

/** The microphone, the loudspeaker, and whether what one says is written down. */
export function Controls({
  client,
  session,
  isOpen,
  microphone,
  onToggle,
}: {
  readonly client: InterviewAssistantClient;
  readonly session: VoiceSession;
  /** Whether the session is joined. */
  readonly isOpen: boolean;
  readonly microphone: Microphone;
  readonly onToggle: () => void;
}): ReactNode {
  const [isListening, setIsListening] = useState(true);
  useEffect(() => {
    if (!isListening) return undefined;
    return startPlayback(client);
  }, [client, isListening]);
  const write = (isWanted: boolean) => {
    const asked = isWanted ? client.startTranscription() : client.stopTranscription();
    asked.catch(tell);
  };
  return (
    <Stack gap="sm">
      <Group gap="lg">
        <Speak microphone={microphone} isOpen={isOpen} onToggle={onToggle} />
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
      </Group>
      <Trouble session={session} microphone={microphone} />
    </Stack>
  );
}

function Speak({
  microphone,
  isOpen,
  onToggle,
}: {
  readonly microphone: Microphone;
  readonly isOpen: boolean;
  readonly onToggle: () => void;
}): ReactNode {
  const isOn = microphone.state === 'on';
  return (
    <Group gap="sm" wrap="nowrap">
      <Button
        leftSection={isOn ? <IconMicrophoneOff size={18} /> : <IconMicrophone size={18} />}
        variant={isOn ? 'default' : 'filled'}
        loading={microphone.state === 'starting'}
        disabled={!isOpen && !isOn}
        onClick={onToggle}
      >
        {isOn ? 'Mute' : 'Speak'}
      </Button>
      <Text className="hidden" role="status">
        {isOn ? 'The microphone is on.' : 'The microphone is off.'}
      </Text>
      {isOn && <Level stream={microphone.stream} />}
    </Group>
  );
}

/** Why one is not heard, or not written down as well as could be. */
function Trouble({
  session: { quality },
  microphone,
}: {
  readonly session: VoiceSession;
  readonly microphone: Microphone;
}): ReactNode {
  return (
    <>
      {microphone.state === 'off' && microphone.fault !== undefined && (
        <Alert
          color="orange"
          role="alert"
          icon={<IconMicrophoneOff size={18} />}
          title={microphone.fault.title}
        >
          {microphone.fault.advice}
        </Alert>
      )}
      {quality !== undefined && (
        <Alert color="yellow" p="xs" role="status">
          <Text size="sm">{ADVICE[quality.reason] ?? 'The session cannot keep up.'}</Text>
        </Alert>
      )}
    </>
  );
}

/** What the server advises, in words. */
const ADVICE: Readonly<Record<string, string>> = {
  partials_paused: 'The server is busy: your words appear once you have finished a sentence.',
  transcription_too_slow:
    'The server is too busy to write down all you say: some of it is left out.',
  listener_too_slow: 'Somebody’s connection cannot keep up with your audio: they hear gaps.',
};
