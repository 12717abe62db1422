import { Card, Progress, Table, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import type { Close } from './stats.js';

/** What a code means where the server gave no reason of its own. */
const MEANINGS: Readonly<Record<number, string>> = {
  0: 'a code of the client’s own',
  1000: 'the client was done',
  1001: 'the page was left',
  1002: 'the protocol was broken',
  1003: 'a kind of message that is not taken',
  1005: 'without a word',
  1006: 'the connection broke',
  1007: 'text that is no UTF-8',
  1009: 'a message that is too large',
};

/** How connections ended since the server's start. */
export function Closes({ closes }: { readonly closes: readonly Close[] }): ReactNode {
  const sorted = [...closes].filter(({ count }) => count > 0).sort((a, b) => b.count - a.count);
  const most = sorted[0]?.count ?? 1;
  return (
    <Card withBorder component="section" aria-label="How connections ended">
      <Text fw={650} component="h3" m={0} mb="xs">
        How connections ended
      </Text>
      {sorted.length === 0 ? (
        <Text size="sm" c="dimmed">
          None has ended yet.
        </Text>
      ) : (
        <Table.ScrollContainer minWidth={300}>
          <Table verticalSpacing="xs" aria-label="How connections ended">
            <Table.Thead>
              <Table.Tr>
                <Table.Th scope="col">Application</Table.Th>
                <Table.Th scope="col">Code and reason</Table.Th>
                <Table.Th scope="col" ta="right">
                  Times
                </Table.Th>
                <Table.Th scope="col" w="30%" visibleFrom="sm" aria-hidden />
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {sorted.map(({ application, code, reason, count }) => (
                <Table.Tr key={`${application} ${code} ${reason}`}>
                  <Table.Td>{application}</Table.Td>
                  <Table.Td>
                    {code}
                    <Text size="xs" c="dimmed">
                      {reason || MEANINGS[code]}
                    </Text>
                  </Table.Td>
                  <Table.Td ta="right">{count.toLocaleString()}</Table.Td>
                  <Table.Td visibleFrom="sm" aria-hidden>
                    <Progress value={(count / most) * 100} />
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </Card>
  );
}
