import { ActionIcon, Group, Textarea } from '@mantine/core';
import { IconSend } from '@tabler/icons-react';
import type { KeyboardEvent, ReactNode } from 'react';
import { useDraft } from './draft.js';

/** Where something is written and sent: Enter sends, Shift+Enter begins a line. */
export function Composer({
  label,
  onSend,
  onTyping,
}: {
  readonly label: string;
  /** Where what it gives is rejected, the text comes back, unless another one was begun meanwhile. */
  readonly onSend: (text: string) => Promise<unknown> | void;
  readonly onTyping?: (isTyping: boolean) => void;
}): ReactNode {
  const { text, write, writeIfEmpty } = useDraft(label);
  const send = () => {
    if (text.trim() === '') return;
    write('');
    onSend(text)?.catch(() => writeIfEmpty(text));
    onTyping?.(false);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };
  return (
    <Group gap="xs" align="flex-end" wrap="nowrap">
      <Textarea
        aria-label={label}
        placeholder={label}
        autosize
        minRows={1}
        maxRows={6}
        maxLength={50_000}
        style={{ flex: 1 }}
        dir="auto"
        value={text}
        onKeyDown={onKeyDown}
        onChange={({ currentTarget: { value } }) => {
          write(value);
          onTyping?.(value !== '');
        }}
      />
      <ActionIcon size={36} aria-label="Send" onClick={send} disabled={text.trim() === ''}>
        <IconSend size={18} stroke={1.8} />
      </ActionIcon>
    </Group>
  );
}
