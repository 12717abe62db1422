/** How each protocol is tried on its page: where to connect, what to fill in, what is made first. */

import { type Json } from './schema.ts';

/** Something that the messages or the address name, such as the session's id. */
export interface Value {
  name: string;
  label: string;
  initial: string;
  /** What has it made by the server before: the body may name other values in braces. */
  make?: { label: string; path: string; body: Record<string, string>; take: string };
  /** Whether it becomes what the server's messages say under this name. */
  isFollowed?: boolean;
}

export interface Trial {
  transport: 'text' | 'binary' | 'socketio';
  /** Values in braces are filled in. */
  address: string;
  values: Value[];
  /** The message that is offered first. */
  first: string;
  /** Where the fixtures' own example would lead nowhere. */
  examples?: Record<string, Json>;
  /** What a reader needs to know before the first message. */
  told: string;
  /** Where to read on: text, and path in the repository. */
  more: { text: string; path: string }[];
}

const CLIENT = { text: 'client library', path: 'packages/client/README.md' };
const context: Value = { name: 'contextId', label: 'Context', initial: 'hello' };
const AT_HANDSHAKE =
  'The token stands in the handshake; browsers bring it as the subprotocol `bearer`.';

/** Four milliseconds of nothing: 32 samples of 16 bits, in base64. */
const SILENCE = 'A'.repeat(84) + 'AA==';

export const trials: Record<string, Trial> = {
  analysis: {
    transport: 'text',
    address: '/v1/ws',
    values: [
      {
        name: 'repositoryUrl',
        label: 'Repository',
        initial: 'https://github.com/expressjs/express',
      },
      {
        name: 'analysisId',
        label: 'Analysis',
        initial: '',
        make: {
          label: 'Have it analysed',
          path: '/api/analyze',
          body: { repositoryUrl: '{repositoryUrl}' },
          take: 'analysisId',
        },
      },
      { name: 'sessionId', label: 'Interview', initial: '', isFollowed: true },
      { name: 'questionId', label: 'Question', initial: '', isFollowed: true },
    ],
    first: 'subscribe_analysis',
    examples: {
      ping: { type: 'ping', payload: {}, requestId: 'r-1' },
      submit_answer: {
        type: 'submit_answer',
        payload: {
          sessionId: 'session-1',
          questionId: 'question-1',
          answer: 'It keeps what was read, so that the store is asked less often.',
        },
        requestId: 'a-1',
      },
    },
    told: AT_HANDSHAKE,
    more: [
      { text: 'tour', path: 'docs/tour.md#be-interviewed-about-a-repository' },
      { text: 'scores', path: 'docs/scores.md' },
      CLIENT,
    ],
  },
  deals: {
    transport: 'text',
    address: '/prod',
    values: [
      { name: 'roomId', label: 'Room', initial: 'hello' },
      { name: 'subscriptionId', label: 'Subscription', initial: '', isFollowed: true },
      { name: 'notificationId', label: 'Notification', initial: '', isFollowed: true },
    ],
    first: 'subscribeToDeals',
    examples: {
      ping: { action: 'ping', data: {}, requestId: 'p-1' },
      sendMessage: {
        action: 'sendMessage',
        data: { recipientId: 'Ben', content: 'Is the lamp still there?', type: 'text' },
        requestId: 'm-1',
      },
      subscribeToDeals: {
        action: 'subscribeToDeals',
        data: { topic: 'new-deals', filters: { category: 'home', maxPrice: 100 } },
        requestId: 's-1',
      },
    },
    told: 'A shop puts deals over HTTP.',
    more: [
      { text: 'tour', path: 'docs/tour.md#hear-of-deals' },
      { text: 'handlers of your own', path: 'docs/handlers.md' },
      CLIENT,
    ],
  },
  chat: {
    transport: 'text',
    address: '/api/chat/ws?contextId={contextId}',
    values: [context],
    first: 'message',
    examples: { message: { type: 'message', data: { content: 'Hello, everyone!' }, id: 'm-1' } },
    told: AT_HANDSHAKE,
    more: [{ text: 'quick start', path: 'README.md#a-tour-of-two-minutes' }, CLIENT],
  },
  analytics: {
    transport: 'text',
    address: '/api/analytics/ws?contextId={contextId}',
    values: [context],
    first: 'subscribe',
    examples: { unsubscribe: { type: 'unsubscribe', data: { metrics: ['activity'] }, id: 'u1' } },
    told: AT_HANDSHAKE,
    more: [{ text: 'tour', path: 'docs/tour.md#write-together' }, CLIENT],
  },
  collaboration: {
    transport: 'text',
    address: '/api/collaboration/ws',
    values: [
      { name: 'sessionId', label: 'Document', initial: 'notes' },
      { name: 'version', label: 'Version', initial: '0', isFollowed: true },
    ],
    first: 'join_session',
    examples: {
      auth: { type: 'auth', token: 'eyJ…', id: 'a-1' },
      edit: {
        type: 'edit',
        data: { operation: 'insert', position: 0, content: 'Hello. ', version: 0 },
      },
    },
    told: AT_HANDSHAKE,
    more: [{ text: 'tour', path: 'docs/tour.md#write-together' }, CLIENT],
  },
  yjs: {
    transport: 'binary',
    address: '/api/collaboration/yjs/{sessionId}',
    values: [{ name: 'sessionId', label: 'Document', initial: 'drawing' }],
    first: 'sync',
    // A state vector of nothing; nobody's awareness; a question.
    examples: { sync: '00 00 01 00', awareness: '01 01 00', queryAwareness: '03' },
    told: 'Below, bytes are written in hexadecimal; `sync` asks for all there is.',
    more: [{ text: 'tour', path: 'docs/tour.md#write-together' }],
  },
  voice: {
    transport: 'socketio',
    address: '/interview',
    values: [{ name: 'sessionId', label: 'Session', initial: 'first-talk' }],
    first: 'session:join',
    examples: {
      'audio:stream': { audioData: SILENCE, format: 'pcm16', sampleRate: 8000, channels: 1 },
      'transcription:request': {
        audioData: SILENCE,
        format: 'pcm16',
        sampleRate: 8000,
        requestId: 'r-1',
      },
      'transcription:start': { language: 'en' },
    },
    told: 'Of the audio below no word can be heard: the [tour](/docs/voice.md) has some that speaks.',
    more: [{ text: 'tour', path: 'docs/voice.md' }, CLIENT],
  },
  sessions: {
    transport: 'text',
    address: '/ws/sessions/{sessionId}',
    values: [
      {
        name: 'sessionId',
        label: 'Session',
        initial: '',
        make: { label: 'Start one', path: '/api/sessions', body: { type: 'socratic' }, take: 'id' },
      },
    ],
    first: 'join',
    examples: {
      join: { action: 'join', data: {}, requestId: 'j-1' },
      message: {
        action: 'message',
        data: { content: 'Why do caches get stale?' },
        requestId: 'm-1',
      },
    },
    told: 'A session is made over HTTP; after `join`, say something with `message`.',
    more: [{ text: 'tour', path: 'docs/tour.md#ask-an-agent' }, CLIENT],
  },
};
