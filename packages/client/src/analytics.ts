import { Client, ONCE } from './client.js';
import type { Options } from './connection.js';
import { Counts } from './counts.js';
import { classDialect } from './learning.js';
import type { MetricUpdate, ToClient, ToServer } from './messages/analytics.js';
import { Store } from './store.js';

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
    this.onEachOpen(() => this.#subscribe(this.#watched.all));
    this.on('metric_update', ({ data }) => {
      if (!this.#watched.has(data.metric)) return;
      this.metrics.update((metrics) => new Map(metrics).set(data.metric, data));
    });
  }

  /**
   * Watches metrics: the current value of each comes at once, then every change, once a second at most.
   * What is watched twice has to be let go twice.
   */
  async subscribe(metrics: readonly string[]): Promise<void> {
    for (const metric of metrics) this.#watched.add(metric);
    this.#showActivity();
    const message = { type: 'subscribe', data: { metrics: [...metrics] } } as ToServer;
    await this.ask(message, 'subscribed');
  }

  /** Watches them no longer. */
  async unsubscribe(names: readonly string[]): Promise<void> {
    const metrics = names.filter((name) => this.#watched.remove(name));
    if (metrics.length === 0) return;
    this.metrics.update((all) => new Map([...all].filter(([name]) => this.#watched.has(name))));
    this.#showActivity();
    const message = { type: 'unsubscribe', data: { metrics } } as ToServer;
    await this.ask(message, 'unsubscribed', ONCE);
  }

  async #subscribe(metrics: string[]): Promise<void> {
    if (metrics.length === 0) return;
    await this.ask({ type: 'subscribe', data: { metrics } } as ToServer, 'subscribed', ONCE);
  }

  #showActivity(): void {
    const to = this.#watched.all;
    this.connection.use(to.length === 0 ? undefined : { status: 'subscribed', to });
  }
}
