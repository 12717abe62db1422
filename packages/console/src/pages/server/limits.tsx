import { Card, Skeleton, Table, Text } from '@mantine/core';
import { useApi } from '@quintet/react';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Fault } from '../../parts/fault.js';

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
      <Text fw={650} component="h3" m={0} mb="xs">
        Limits in force
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
            <Table.Th scope="col">Limit</Table.Th>
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
              <Table.Th scope="row" fw={500}>
                {words(name)}
              </Table.Th>
              {applications.map((application) => (
                <Table.Td key={application} ta="right">
                  {shown(limits[application]?.[name])}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

/** `maxMessageBytes` as `Max message bytes`. */
function words(name: string): string {
  const spaced = name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

/** A dash where there is no such limit, `off` where it is not in force. */
function shown(value: number | null | undefined): string {
  if (value === undefined) return '–';
  return value === null ? 'off' : value.toLocaleString();
}
