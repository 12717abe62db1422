import './code-block.css';
import { ActionIcon, Code, CopyButton, Group, Text } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { type ReactNode, Suspense, lazy } from 'react';

/** Without what knows the languages, as after a change of the server, code stands as it is. */
const Colored = lazy(() => import('./colored.js').catch(() => ({ default: Plain })));

function Plain({ code }: { readonly code: string; readonly language: string }): ReactNode {
  return code;
}

/** Code in a box of its own, in the colours of its language, with a button that copies it. */
export function CodeBlock({
  code,
  language,
}: {
  readonly code: string;
  /** As it stands behind a fence. */
  readonly language?: string | undefined;
}): ReactNode {
  return (
    <div className="code-block" dir="ltr">
      <Code
        block
        tabIndex={0}
        role="group"
        aria-label={language === undefined ? 'Code' : `Code in ${language}`}
      >
        {language === undefined ? (
          code
        ) : (
          <Suspense fallback={code}>
            <Colored code={code} language={language} />
          </Suspense>
        )}
      </Code>
      <Group gap={6} className="code-block-tools">
        {language !== undefined && (
          <Text size="xs" c="dimmed" aria-hidden visibleFrom="sm">
            {language}
          </Text>
        )}
        <CopyButton value={code}>
          {({ copied, copy }) => (
            <ActionIcon
              size="sm"
              variant="default"
              aria-label={copied ? 'Copied' : 'Copy the code'}
              onClick={copy}
            >
              {copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
            </ActionIcon>
          )}
        </CopyButton>
      </Group>
    </div>
  );
}
