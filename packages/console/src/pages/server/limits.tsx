import './server.css';
import { Card, Skeleton, Table, Text } from '@mantine/core';
import { useApi } from '@quintet/react';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Fault } from '../../parts/fault.js';
import { limitName, limitValue } from './limit-words.js';

/** By application, by limit; `null` is off. */
type InForce = Readonly<Record<string, Readonly<Record<string, number | null>>>>;

/** The limits in force: a row for each, a column for each application. */
export function Limits(): ReactNode {
  const api = useApi();
  const limits = useQuery({
    queryKey: ['limits'],
    queryFn: () => api.get<InForce>('/api/limits'),
    // They change with a restart only.
    staleTime: 60_000,
  });
  return (
    <Card withBorder component="section" aria-label="Limits in force">
      <Text fw={650} component="h3" m={0}>
        Limits in force
      </Text>
      <Text size="sm" c="dimmed" mb="xs">
        As they were at the server’s start; its configuration says where they come from.
      </Text>
      <Fault error={limits.error} />
      {limits.isPending && <Skeleton height={160} aria-label="Loading" />}
      {limits.data !== undefined && <Grid limits={limits.data} />}
    </Card>
  );
}

function Grid({ limits }: { readonly limits: InForce }): ReactNode {
  const applications = Object.keys(limits);
  const names = [...new Set(Object.values(limits).flatMap((its) => Object.keys(its)))];
  return (
    <Table.ScrollContainer
      minWidth={720}
      scrollAreaProps={{ viewportProps: { tabIndex: 0, 'aria-label': 'Limits in force' } }}
    >
      <Table verticalSpacing={6} aria-label="Limits in force">
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col" className="first">
              Limit
            </Table.Th>
            {applications.map((application) => (
              <Table.Th key={application} scope="col" ta="right">
                {application}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {names.map((name) => (
            <Table.Tr key={name}>
              <Table.Th scope="row" fw={500} className="first">
                {limitName(name)}
              </Table.Th>
              {applications.map((application) => (
                <Value key={application} name={name} value={limits[application]?.[name]} />
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

/** What is off, or not there, stands back. */
function Value({
  name,
  value,
}: {
  readonly name: string;
  readonly value: number | null | undefined;
}): ReactNode {
  return (
    <Table.Td ta="right" c={value == null ? 'dimmed' : 'inherit'} style={{ whiteSpace: 'nowrap' }}>
      {limitValue(name, value)}
    </Table.Td>
  );
}
