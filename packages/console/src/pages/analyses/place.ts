import { useMemo } from 'react';
import { useLocation } from 'wouter';
import { type Citation, readCitation, writeCitation } from '../../parts/citation.js';

/** What an analysis says, part by part. */
export const PARTS = ['review', 'report', 'questions'] as const;
export type PartName = (typeof PARTS)[number];

/** Where somebody is in an analysis. */
export interface AnalysisPlace {
  readonly part: PartName;
  /** Lines that are open at the edge of the page. */
  readonly citation?: Citation | undefined;
}

/** Reads `/analyses/ID`, `/analyses/ID/report` and `/analyses/ID/report/src%2Fa.rs%3A7`. */
export function readPlace(location: string): AnalysisPlace {
  const [, , , name, reference = ''] = location.split('/');
  const part = PARTS.find((one) => one === name) ?? 'review';
  if (reference === '') return { part };
  return { part, citation: readCitation(decodeURIComponent(reference)) };
}

export function writePlace(analysisId: string, { part, citation }: AnalysisPlace): string {
  const base = `/analyses/${encodeURIComponent(analysisId)}/${part}`;
  return citation === undefined ? base : `${base}/${encodeURIComponent(writeCitation(citation))}`;
}

/** Marks in the browser's history that a step back closes what is open. */
const OPENED = { isOpened: true };

/** The place in an analysis, kept in the address: a link leads to it, and a step back closes what was opened. */
export function useAnalysisPlace(analysisId: string) {
  const [location, navigate] = useLocation();
  const place = useMemo(() => readPlace(location), [location]);
  const { part } = place;
  const to = (next: AnalysisPlace) => writePlace(analysisId, next);
  return {
    ...place,
    choose: (next: PartName) => navigate(to({ part: next }), { replace: true }),
    open: (citation: Citation) => navigate(to({ part, citation }), { state: OPENED }),
    close: () => {
      const state = history.state as Partial<typeof OPENED> | null;
      if (state?.isOpened === true) history.back();
      else navigate(to({ part }), { replace: true });
    },
  };
}
