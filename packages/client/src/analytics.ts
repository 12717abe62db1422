import { Client, ONCE } from './client.js';
import type { Options, RequestOptions } from './connection.js';
import { Counts } from './counts.js';
import { classDialect } from './learning.js';
import type { MetricUpdate, ToClient, ToServer } from './messages/analytics.js';
import { Store } from './store.js';

/** Metrics that one message may name. */
const METRICS_MAX = 50;

/** What a metric is at a moment. */
export type Metric = MetricUpdate['data'];

/** The live figures of one context (protocol C). It watches again what it watched after a drop. */
export class AnalyticsClient extends Client<ToServer, ToClient> {
  /** The newest value of each metric that is watched, by its name. */
  readonly metrics = new Store<ReadonlyMap<string, Metric>>(new Map());
  readonly #watched = new Counts();

  constructor(
    /** The context. */
    readonly contextId: string,
    options: Options,
  ) {
    super(classDialect('/api/analytics/ws', contextId), options);
    this.onEachOpen(() => this.#subscribe(this.#watched.all, ONCE));
    this.on('metric_update', ({ data }) => {
      if (!this.#watched.has(data.metric)) return;
      this.metrics.update((metrics) => new Map(metrics).set(data.metric, data));
    });
  }

  /**
   * Watches metrics: the current value of each comes at once, then every change, once a second at most.
   * What is watched twice has to be let go twice. Where it rejects, none of them is watched.
   */
  async subscribe(metrics: readonly string[]): Promise<void> {
    for (const metric of metrics) this.#watched.add(metric);
    this.#showActivity();
    try {
      await this.#subscribe(metrics, {});
    } catch (error) {
      this.#forget(metrics);
      throw error;
    }
  }

  /** Watches them no longer. */
  async unsubscribe(metrics: readonly string[]): Promise<void> {
    const left = this.#forget(metrics);
    const asked = inParts(left).map((part) =>
      this.ask({ type: 'unsubscribe', data: { metrics: part } }, 'unsubscribed', ONCE),
    );
    await Promise.all(asked);
  }

  async #subscribe(metrics: readonly string[], options: RequestOptions): Promise<void> {
    const asked = inParts(metrics).map((part) =>
      this.ask({ type: 'subscribe', data: { metrics: part } }, 'subscribed', options),
    );
    await Promise.all(asked);
  }

  /** One less wants each; those that nobody wants any more. */
  #forget(metrics: readonly string[]): string[] {
    const left = metrics.filter((name) => this.#watched.remove(name));
    this.metrics.update((all) => new Map([...all].filter(([name]) => this.#watched.has(name))));
    this.#showActivity();
    return left;
  }

  #showActivity(): void {
    const to = this.#watched.all;
    this.connection.use(to.length === 0 ? undefined : { status: 'subscribed', to });
  }
}

/** Metrics in parts that one message takes. */
function inParts(metrics: readonly string[]): [string, ...string[]][] {
  const parts: [string, ...string[]][] = [];
  for (let from = 0; from < metrics.length; from += METRICS_MAX) {
    const [first, ...others] = metrics.slice(from, from + METRICS_MAX);
    if (first !== undefined) parts.push([first, ...others]);
  }
  return parts;
}
