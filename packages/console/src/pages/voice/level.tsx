import { type ReactNode, useEffect, useRef } from 'react';

/** How loud somebody is heard, as a bar; it says that the microphone works. For the eyes alone. */
export function Level({ stream }: { readonly stream: MediaStream }): ReactNode {
  const bar = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    const audio = new AudioContext();
    const analyser = audio.createAnalyser();
    analyser.fftSize = 512;
    const source = audio.createMediaStreamSource(stream);
    source.connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    let frame = requestAnimationFrame(function look() {
      analyser.getFloatTimeDomainData(samples);
      const loudness = loudnessOf(samples);
      if (bar.current !== null) bar.current.style.transform = `scaleX(${loudness.toFixed(3)})`;
      frame = requestAnimationFrame(look);
    });
    return () => {
      cancelAnimationFrame(frame);
      source.disconnect();
      void audio.close();
    };
  }, [stream]);
  return (
    <span className="level" aria-hidden>
      <span ref={bar} />
    </span>
  );
}

/** Decibels that are as good as silence. */
const SILENCE = -60;

/** From 0, silence, to 1, as loud as it gets. */
function loudnessOf(samples: Float32Array): number {
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
  const decibels = 10 * Math.log10(power + 1e-9);
  return Math.min(1, Math.max(0, 1 - decibels / SILENCE));
}
