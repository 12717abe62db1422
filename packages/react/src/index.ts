/** React hooks over the clients of a Quintet server; each shares its connection with all others of its kind. */

export { QuintetProvider, useApi } from './provider.js';
export { useStore } from './store.js';
export { withNextFrame } from './frames.js';
export { useConnection } from './connection.js';
export { useAnalysis, useInterview } from './analysis.js';
export { useDeals, useNotifications, useRoom } from './deals.js';
export { useChat, useDocument, useMetrics } from './learning.js';
export { useAgentSession } from './sessions.js';
// Voice is an entry of its own, `@quintet/react/voice`: Socket.IO's client is for who uses it.
