import { Group, Radio, Text } from '@mantine/core';
import type { ReactNode } from 'react';

/** One of a few things to choose from, with what it does; stands in a `Radio.Group`. */
export function ChoiceCard({
  value,
  name,
  does,
  icon,
}: {
  readonly value: string;
  readonly name: string;
  readonly does: string;
  readonly icon?: ReactNode;
}): ReactNode {
  return (
    <Radio.Card value={value} p="sm" radius="md" className="choice">
      <Group wrap="nowrap" align="flex-start" gap="sm">
        {icon}
        <div style={{ flex: 1, minWidth: 0 }}>
          <Text size="sm" fw={600}>
            {name}
          </Text>
          <Text size="sm" c="dimmed">
            {does}
          </Text>
        </div>
        <Radio.Indicator />
      </Group>
    </Radio.Card>
  );
}
