import type { InterviewAssistantClient } from '@quintet/client/voice';
import { VOICE, startMicrophone } from '@quintet/client/voice/microphone';
import { useCallback, useEffect, useRef, useState } from 'react';
import { INSECURE, type MicrophoneFault, UNPLUGGED, microphoneFault } from './microphone-fault.js';

/**
 * The microphone: `off` → `starting` → `on` → `off`. It is off for good once the session has ended, and where it
 * cannot be had, `fault` says why.
 */
export type Microphone =
  | { readonly state: 'off'; readonly fault?: MicrophoneFault }
  | { readonly state: 'starting' }
  | { readonly state: 'on'; readonly stream: MediaStream };

/** The microphone of this page, and what turns it on and off. */
export function useMicrophone(client: InterviewAssistantClient, isEnded: boolean) {
  const [microphone, setMicrophone] = useState<Microphone>({ state: 'off' });
  const stop = useRef<() => void>(undefined);
  const off = useCallback((fault?: MicrophoneFault) => {
    stop.current?.();
    stop.current = undefined;
    setMicrophone({ state: 'off', ...(fault && { fault }) });
  }, []);
  useEffect(() => () => stop.current?.(), []);
  const hasEnded = useRef(isEnded);
  useEffect(() => {
    hasEnded.current = isEnded;
    if (isEnded) off();
  }, [isEnded, off]);
  const toggle = () => {
    if (stop.current !== undefined) return off();
    setMicrophone({ state: 'starting' });
    open(client, off)
      .then(({ stream, end }) => {
        // It may have ended while somebody was asked whether they allow it.
        if (hasEnded.current) {
          end();
          return off();
        }
        stop.current = end;
        setMicrophone({ state: 'on', stream });
      })
      .catch((error: unknown) => off(isFault(error) ? error : microphoneFault(error)));
  };
  return { microphone, toggle };
}

async function open(
  client: InterviewAssistantClient,
  off: (fault: MicrophoneFault) => void,
): Promise<{ stream: MediaStream; end: () => void }> {
  // Over plain HTTP there are none, whatever the types say.
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  if (devices === undefined) throw INSECURE;
  const stream = await devices.getUserMedia(VOICE);
  const tracks = stream.getTracks();
  const release = () => {
    for (const track of tracks) track.stop();
  };
  try {
    const end = await startMicrophone(client, stream);
    for (const track of tracks) track.addEventListener('ended', () => off(UNPLUGGED));
    return {
      stream,
      end: () => {
        end();
        release();
      },
    };
  } catch (error) {
    release();
    throw error;
  }
}

const isFault = (error: unknown): error is MicrophoneFault => error === INSECURE;
