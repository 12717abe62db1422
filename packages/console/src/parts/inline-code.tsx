import { Code } from '@mantine/core';
import type { ReactNode } from 'react';

/** Mantine's code within a line, for texts with hundreds of them. */
export function InlineCode({ children }: { readonly children: ReactNode }): ReactNode {
  return (
    <code className={`mantine-Code-root ${Code.classes.root}`} dir="ltr">
      {children}
    </code>
  );
}
