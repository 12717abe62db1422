import type { ReactNode } from 'react';
import { useLocation } from 'wouter';
import { AnalysisView } from './analyses/analysis.js';
import { Analyses } from './analyses/list.js';

/** One's analyses, and one of them where the address names it: `#/analyses/ID`. */
export default function AnalysesPage(): ReactNode {
  const [location] = useLocation();
  const analysisId = decodeURIComponent(location.split('/')[2] ?? '');
  return analysisId === '' ? (
    <Analyses />
  ) : (
    <AnalysisView key={analysisId} analysisId={analysisId} />
  );
}
