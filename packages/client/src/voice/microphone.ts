import type { InterviewAssistantClient } from '../voice.js';

/** A piece of audio every so many milliseconds. */
const PIECE = 100;
/** Containers with Opus, in the order in which they are preferred. */
const KINDS = [
  { mimeType: 'audio/webm;codecs=opus', format: 'webm' },
  { mimeType: 'audio/ogg;codecs=opus', format: 'ogg' },
] as const;

/** What to ask the browser for: one voice, without its echo and the noise around it. */
export const VOICE: MediaStreamConstraints = {
  audio: { echoCancellation: true, noiseSuppression: true, channelCount: 1 },
};

/**
 * Sends what a microphone hears to the session that the client is in, until what comes back is called. The
 * recording begins anew with each join, for a server that was reached again needs the container's header.
 *
 * @throws where there is no microphone, it may not be used, or the browser records no Opus
 */
export async function startMicrophone(
  client: InterviewAssistantClient,
  given?: MediaStream,
): Promise<() => void> {
  const kind = KINDS.find(({ mimeType }) => MediaRecorder.isTypeSupported(mimeType));
  if (kind === undefined) throw new Error('This browser records no Opus');
  const stream = given ?? (await navigator.mediaDevices.getUserMedia(VOICE));
  const sampleRate = stream.getAudioTracks()[0]?.getSettings().sampleRate ?? 48_000;
  let recorder: MediaRecorder | undefined;
  const stop = () => {
    recorder?.stop();
    recorder = undefined;
  };
  const follow = () => {
    if (client.state.status !== 'subscribed') return stop();
    recorder ??= record(stream, kind.mimeType, (bytes) => {
      client.streamAudio(bytes, kind.format, sampleRate);
    });
  };
  const unfollow = client.onStateChange(follow);
  follow();
  return () => {
    unfollow();
    stop();
    if (given === undefined) for (const track of stream.getTracks()) track.stop();
  };
}

/** Records a stream in pieces, in their order: reading a piece takes a moment. */
function record(
  stream: MediaStream,
  mimeType: string,
  take: (bytes: ArrayBuffer) => void,
): MediaRecorder {
  const recorder = new MediaRecorder(stream, { mimeType, audioBitsPerSecond: 32_000 });
  let before: Promise<unknown> = Promise.resolve();
  recorder.ondataavailable = ({ data }) => {
    if (data.size === 0) return;
    const bytes = data.arrayBuffer();
    before = before.then(async () => take(await bytes)).catch(() => {});
  };
  recorder.start(PIECE);
  return recorder;
}
