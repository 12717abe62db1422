/** Connections to a Quintet server, one typed client for each of its protocols. */

export { AnalysisClient } from './analysis.js';
export { AnalyticsClient } from './analytics.js';
export { ChatClient } from './chat.js';
export { CollaborationClient } from './collaboration.js';
export { Connection, type Options, type RequestOptions } from './connection.js';
export { DealsClient } from './deals.js';
export { type Ending, describe } from './ending.js';
export { Refusal, Unanswered } from './fault.js';
export { SessionsClient } from './sessions.js';
export { type Activity, type ConnectionState, isOpen } from './state.js';
export { Snapshots, Store } from './store.js';
