import { useEffect, useState } from 'react';

/**
 * Holds something as long as a component is there and `wish`, a text that says what, stays the same; the
 * error where it cannot be held. `hold` resolves with what lets it go; what was never held is not let go.
 */
export function useHeld<Client>(
  client: Client,
  wish: string,
  hold: (client: Client, wish: string) => Promise<() => Promise<unknown>>,
): unknown {
  const [failed, setFailed] = useState<{ readonly wish: string; readonly error: unknown }>();
  useEffect(() => {
    let isWished = true;
    setFailed(undefined);
    const held = hold(client, wish);
    held.catch((error: unknown) => isWished && setFailed({ wish, error }));
    return () => {
      isWished = false;
      held.then((release) => release()).catch(() => {});
    };
    // How it is held does not change with what.
  }, [client, wish]);
  return failed?.wish === wish ? failed.error : undefined;
}
