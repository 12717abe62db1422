import { Box, Button, Collapse } from '@mantine/core';
import { IconChevronDown } from '@tabler/icons-react';
import { type ReactNode, useId, useState } from 'react';

/** What only some want to read: a button that shows it, and hides it again. */
export function Unfold({
  label,
  children,
}: {
  readonly label: string;
  readonly children: ReactNode;
}): ReactNode {
  const [isOpen, setIsOpen] = useState(false);
  const id = useId();
  return (
    <Box mt="sm">
      <Button
        variant="transparent"
        size="compact-sm"
        ml={-8}
        aria-expanded={isOpen}
        aria-controls={id}
        rightSection={
          <IconChevronDown
            size={14}
            style={{ transform: isOpen ? 'rotate(180deg)' : 'none', transition: 'transform 150ms' }}
          />
        }
        onClick={() => setIsOpen(!isOpen)}
      >
        {label}
      </Button>
      <Collapse expanded={isOpen} id={id} mt={4}>
        {children}
      </Collapse>
    </Box>
  );
}
