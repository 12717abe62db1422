import type { Stage } from '@quintet/client/analysis';

/** How far an analysis is. */
export type Status = 'initiated' | 'processing' | 'completed' | 'failed';

/** An analysis in the list. */
export interface Listed {
  readonly analysisId: string;
  readonly repositoryUrl: string;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly status: Status;
  readonly completedStages: readonly Stage[];
  /** Percent. */
  readonly progress: number;
}

/** An analysis with the stages that are there. */
export interface Analysis extends Omit<Listed, 'progress'> {
  readonly projectReview?: ProjectReview;
  readonly intelligenceReport?: IntelligenceReport;
  readonly interviewSimulation?: { readonly questions: readonly SimulatedQuestion[] };
  readonly errorMessage?: string;
  readonly errorCode?: string;
  readonly retryable?: boolean;
  readonly metadata: {
    readonly commit?: string;
    /** `builtin`, or a model's name. */
    readonly provider?: string;
  };
}

/** The first stage; scores are of 100. */
export interface ProjectReview {
  readonly codeQuality: {
    readonly score: number;
    readonly readability: number;
    readonly maintainability: number;
    readonly bestPractices: number;
    readonly justification: string;
  };
  readonly architectureClarity: {
    readonly score: number;
    readonly componentOrganization: number;
    readonly separationOfConcerns: number;
  };
  readonly employabilitySignal: {
    readonly score: number;
    readonly productionReadiness: number;
    readonly justification: string;
  };
  readonly strengths: readonly {
    readonly pattern: string;
    readonly description: string;
    readonly fileReferences: readonly string[];
  }[];
  readonly improvementAreas: readonly {
    readonly issue: string;
    readonly priority: 'high' | 'medium' | 'low';
    readonly actionableSuggestion: string;
    readonly fileReferences: readonly string[];
  }[];
}

/** The second stage. */
export interface IntelligenceReport {
  readonly systemArchitecture: {
    readonly overview: string;
    /** Mermaid. */
    readonly componentDiagram: string;
    readonly dataFlow: string;
  };
  readonly designDecisions: readonly {
    readonly decision: string;
    readonly rationale: string;
    readonly fileReferences: readonly string[];
  }[];
  readonly tradeoffs: readonly string[];
  readonly scalabilityBottlenecks: readonly string[];
  readonly resumeBullets: readonly string[];
}

/** A question of the third stage. */
export interface SimulatedQuestion {
  readonly questionId: string;
  readonly question: string;
  readonly category: string;
  readonly difficulty: string;
  readonly fileReferences: readonly string[];
  /** What a good answer says; after an interview only. */
  readonly keyPoints?: readonly string[];
}

/** What people call a repository: the end of its address. */
export function nameOf(repositoryUrl: string): string {
  const parts = repositoryUrl.replace(/\/+$/, '').split('/');
  return parts.at(-1)?.replace(/\.git$/, '') || repositoryUrl;
}

export { moment } from '../../parts/when.js';
