import { Group, NumberInput, TagsInput, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import type { Filters } from '@quintet/client/deals';
import { type ReactNode, useState } from 'react';

/** After the last key: milliseconds. Each wish is a subscription of its own. */
const SETTLED_AFTER = 400;

interface Written {
  readonly category: string;
  readonly merchant: string;
  readonly keywords: string[];
  readonly maxPrice: number | string;
  readonly minDiscount: number | string;
}

/** What somebody wants to see; all of it must hold. */
export function Wishes({ onChange }: { readonly onChange: (filters: Filters) => void }): ReactNode {
  const [written, setWritten] = useState<Written>({
    category: '',
    merchant: '',
    keywords: [],
    maxPrice: '',
    minDiscount: '',
  });
  const settle = useDebouncedCallback((now: Written) => onChange(toFilters(now)), SETTLED_AFTER);
  const change = (part: Partial<Written>) => {
    const now = { ...written, ...part };
    setWritten(now);
    settle(now);
  };
  return (
    <Group gap="sm" align="flex-start" role="search" aria-label="Which deals">
      <TextInput
        label="Category"
        placeholder="any"
        w={140}
        value={written.category}
        onChange={(event) => change({ category: event.currentTarget.value })}
      />
      <TextInput
        label="Merchant"
        placeholder="any"
        w={140}
        value={written.merchant}
        onChange={(event) => change({ merchant: event.currentTarget.value })}
      />
      <NumberInput
        label="At most"
        placeholder="any price"
        w={120}
        min={0}
        decimalScale={2}
        value={written.maxPrice}
        onChange={(maxPrice) => change({ maxPrice })}
      />
      <NumberInput
        label="Discount from"
        placeholder="any"
        suffix=" %"
        w={120}
        min={0}
        max={100}
        value={written.minDiscount}
        onChange={(minDiscount) => change({ minDiscount })}
      />
      <TagsInput
        label="Words in the title"
        placeholder={written.keywords.length === 0 ? 'any of these' : ''}
        maxTags={20}
        style={{ flex: 1, minWidth: 180 }}
        value={written.keywords}
        onChange={(keywords) => change({ keywords })}
      />
    </Group>
  );
}

function toFilters({ category, merchant, keywords, maxPrice, minDiscount }: Written): Filters {
  const [word, ...words] = keywords;
  return {
    ...(category.trim() !== '' && { category: category.trim() }),
    ...(merchant.trim() !== '' && { merchant: merchant.trim() }),
    ...(word !== undefined && { keywords: [word, ...words] as [string, ...string[]] }),
    ...(typeof maxPrice === 'number' && { maxPrice }),
    ...(typeof minDiscount === 'number' && { minDiscount }),
  };
}
