import { Button, Card, Group, Radio, SimpleGrid, Stack, TextInput } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useApi } from '@quintet/react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useState } from 'react';
import { useLocation } from 'wouter';
import { ChoiceCard } from '../../parts/choice-card.js';
import { Fault } from '../../parts/fault.js';
import { AGENTS } from './agents.js';

/** Where an agent is chosen, and a session with it begins. */
export function NewSession(): ReactNode {
  const api = useApi();
  const queries = useQueryClient();
  const [, navigate] = useLocation();
  const [type, setType] = useState('socratic');
  const [title, setTitle] = useState('');
  const make = useMutation({
    mutationFn: () => {
      const named = title.trim() === '' ? {} : { title: title.trim() };
      return api.send<{ id: string }>('POST', '/api/sessions', { type, ...named });
    },
    onSuccess: ({ id }) => {
      void queries.invalidateQueries({ queryKey: ['sessions'] });
      navigate(`/agents/${encodeURIComponent(id)}`);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    make.mutate();
  };
  return (
    <Card withBorder mb="xl" p={{ base: 'md', sm: 'lg' }} component="form" onSubmit={submit}>
      <Stack gap="md">
        <Radio.Group label="Agent" value={type} onChange={setType}>
          <SimpleGrid cols={{ base: 1, sm: 3 }} spacing="sm" mt={4}>
            {AGENTS.map((agent) => (
              <ChoiceCard
                key={agent.type}
                value={agent.type}
                name={agent.name}
                does={agent.does}
                icon={<agent.icon size={22} stroke={1.6} aria-hidden />}
              />
            ))}
          </SimpleGrid>
        </Radio.Group>
        <Group align="flex-end" gap="sm">
          <TextInput
            label="Title"
            placeholder="What it is about; may stay empty"
            maxLength={200}
            style={{ flex: '1 1 200px' }}
            value={title}
            onChange={(event) => setTitle(event.currentTarget.value)}
          />
          <Button type="submit" leftSection={<IconPlus size={16} />} loading={make.isPending}>
            Begin
          </Button>
        </Group>
        <Fault error={make.error} />
      </Stack>
    </Card>
  );
}
