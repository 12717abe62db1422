import { QuintetProvider, useStore } from '@quintet/react';
import type { ReactNode } from 'react';
import { Router } from 'wouter';
import { useHashLocation } from 'wouter/use-hash-location';
import { Frame } from './frame.js';
import { SignIn } from './pages/sign-in.js';
import { signedIn, token } from './sign-in-state.js';

/** The server's own address: the folder that this page came from. */
const SERVER = new URL('.', location.href).href.replace(/\/$/, '');

/** The whole page: whoever is not signed in is asked who they are. */
export function Console(): ReactNode {
  const who = useStore(signedIn);
  if (who === undefined) return <SignIn />;
  return (
    <QuintetProvider key={who.userId} url={SERVER} token={token}>
      <Router hook={useHashLocation}>
        <Frame who={who} />
      </Router>
    </QuintetProvider>
  );
}
