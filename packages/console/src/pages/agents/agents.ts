import { IconCode, IconMessageQuestion, IconNotes } from '@tabler/icons-react';

/** An agent, by the type of session that has it. */
export interface Agent {
  readonly type: string;
  /** As its messages name it. */
  readonly id: string;
  readonly name: string;
  readonly icon: typeof IconCode;
  readonly does: string;
  /** What somebody could say first. */
  readonly examples: readonly string[];
}

const EXAMPLE =
  '```python\ndef add(item, items=[]):\n    items.append(item)\n    return items\n```';

/** What answers from the conversation; every other type of session has it too. */
const CONTEXT: Agent = {
  type: 'context',
  id: 'context',
  name: 'Context',
  icon: IconNotes,
  does: 'Keeps in mind what was said, and answers from it.',
  examples: ['We release on Fridays, and Ben writes the notes.', 'What do you know so far?'],
};

/** The agents, in the order in which they are offered. */
export const AGENTS: readonly Agent[] = [
  {
    type: 'socratic',
    id: 'socratic',
    name: 'Socratic',
    icon: IconMessageQuestion,
    does: 'Answers with questions that lead you on.',
    examples: ['What is a mutex for?', 'I want to understand recursion.'],
  },
  {
    type: 'code_review',
    id: 'code',
    name: 'Code review',
    icon: IconCode,
    does: 'Reviews the code in a message, line by line.',
    examples: [`What do you say to this?\n${EXAMPLE}`],
  },
  CONTEXT,
];

/** The agent of a type of session. */
export function agentOf(type: string): Agent {
  return AGENTS.find((agent) => agent.type === type) ?? CONTEXT;
}

/** What an agent is called, by the name that its messages have. */
export function nameOf(agentId: string | null | undefined): string {
  return AGENTS.find(({ id }) => id === agentId)?.name ?? agentId ?? 'Agent';
}
