import { Autocomplete, Button, NumberInput, TagsInput } from '@mantine/core';
import type { Filters } from '@quintet/client/deals';
import { type ReactNode, memo, useMemo } from 'react';
import type { Shown } from './merge.js';

/** What somebody wants to see, as they write it. */
export interface Written {
  readonly category: string;
  readonly merchant: string;
  readonly keywords: string[];
  readonly maxPrice: number | string;
  readonly minDiscount: number | string;
}

export const NO_WISHES: Written = {
  category: '',
  merchant: '',
  keywords: [],
  maxPrice: '',
  minDiscount: '',
};

/** Names offered in a box, at most. */
const OFFERED_MAX = 50;

/** What somebody wants to see; all of it must hold. */
export function Wishes({
  deals,
  ...form
}: {
  readonly wishes: Written;
  /** Their categories and merchants are offered. */
  readonly deals: readonly Shown[];
  readonly onChange: (wishes: Written) => void;
}): ReactNode {
  const categories = useNames(deals.map(({ category }) => category));
  const merchants = useNames(deals.map(({ merchant }) => merchant));
  return <Form {...form} categories={categories} merchants={merchants} />;
}

/** The names in their order; the same array as long as there are as many, for prices change all the time. */
function useNames(all: readonly string[]): string[] {
  const names = new Set(all);
  return useMemo(
    () => [...names].sort(new Intl.Collator().compare).slice(0, OFFERED_MAX),
    [names.size],
  );
}

/** The boxes, which stay as they are while deals come and go. */
const Form = memo(function Form({
  wishes,
  categories,
  merchants,
  onChange,
}: {
  readonly wishes: Written;
  readonly categories: string[];
  readonly merchants: string[];
  readonly onChange: (wishes: Written) => void;
}): ReactNode {
  const change = (part: Partial<Written>) => onChange({ ...wishes, ...part });
  const isAny = Object.values(wishes).every((wish) => wish === '' || wish.length === 0);
  return (
    <div className="wishes" role="search" aria-label="Which deals">
      <Autocomplete
        label="Category"
        placeholder="any"
        data={categories}
        value={wishes.category}
        onChange={(category) => change({ category })}
      />
      <Autocomplete
        label="Merchant"
        placeholder="any"
        data={merchants}
        value={wishes.merchant}
        onChange={(merchant) => change({ merchant })}
      />
      <NumberInput
        label="At most"
        placeholder="any price"
        min={0}
        decimalScale={2}
        hideControls
        value={wishes.maxPrice}
        onChange={(maxPrice) => change({ maxPrice })}
      />
      <NumberInput
        label="Discount from"
        placeholder="any"
        suffix=" %"
        min={0}
        max={100}
        hideControls
        value={wishes.minDiscount}
        onChange={(minDiscount) => change({ minDiscount })}
      />
      <TagsInput
        label="Words in the title"
        placeholder={wishes.keywords.length === 0 ? 'any of these' : ''}
        maxTags={20}
        className="wishes-words"
        value={wishes.keywords}
        onChange={(keywords) => change({ keywords })}
      />
      {!isAny && (
        <Button variant="default" onClick={() => onChange(NO_WISHES)}>
          Clear
        </Button>
      )}
    </div>
  );
});

/** The wishes as the server takes them. */
export function toFilters({
  category,
  merchant,
  keywords,
  maxPrice,
  minDiscount,
}: Written): Filters {
  const [word, ...words] = keywords;
  return {
    ...(category.trim() !== '' && { category: category.trim() }),
    ...(merchant.trim() !== '' && { merchant: merchant.trim() }),
    ...(word !== undefined && { keywords: [word, ...words] as [string, ...string[]] }),
    ...(typeof maxPrice === 'number' && { maxPrice }),
    ...(typeof minDiscount === 'number' && { minDiscount }),
  };
}
