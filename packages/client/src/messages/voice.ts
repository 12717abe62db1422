/* Made from protocol/asyncapi.json by scripts/generate.mjs; not to be edited. */

/**
 * Why something was not done; it is told as the error of its family.
 */
export interface AudioError {
  /**
   * The stable code.
   */
  code:
    | 'VALIDATION_ERROR'
    | 'UNAUTHORIZED'
    | 'FORBIDDEN'
    | 'SESSION_NOT_FOUND'
    | 'NOT_JOINED'
    | 'RATE_LIMIT_EXCEEDED'
    | 'MESSAGE_TOO_LARGE'
    | 'UNAVAILABLE'
    | 'INTERNAL_ERROR';
  /**
   * More about it, where there is more to say.
   */
  error?: string | null;
  /**
   * The offending field, where there is one.
   */
  field?: string | null;
  /**
   * A sentence to show.
   */
  message: string;
  /**
   * The request it is about; of transcriptions only.
   */
  requestId?: string | null;
  /**
   * Milliseconds after which it may work.
   */
  retryAfterMs?: number | null;
  /**
   * The session it is about; of transcriptions only.
   */
  sessionId?: string | null;
  timestamp: string;
}
/**
 * Advice for a sender whose audio is more than can be taken.
 */
export interface AudioQuality {
  /**
   * Bits a second that would do.
   */
  bitrate: number;
  /**
   * Why: `listener_too_slow`, `transcription_too_slow`, `partials_paused`.
   */
  reason: string;
  /**
   * Samples a second that would do.
   */
  sampleRate: number;
  timestamp: string;
}
/**
 * Audio of somebody else.
 */
export interface AudioReceived {
  /**
   * The audio: base64 where it came so, else the placeholder of the attachment.
   */
  audioData:
    | string
    | {
        /**
         * Always `true`.
         */
        _placeholder: boolean;
        /**
         * Which attachment.
         */
        num: number;
      };
  /**
   * Channels, where the sender said so.
   */
  channels?: number | null;
  /**
   * How it is packed.
   */
  format: 'webm' | 'ogg' | 'wav' | 'pcm16';
  /**
   * Whether it is the header with which the sender's stream began before one joined.
   */
  init: boolean;
  /**
   * Samples a second, as the sender said.
   */
  sampleRate: number;
  /**
   * The sender's time, else the server's.
   */
  timestamp: string | number;
  /**
   * Whose.
   */
  userId: string;
}
/**
 * The connection may not be, or may not be any longer; the namespace is left after it.
 */
export interface ConnectionError {
  /**
   * The stable code.
   */
  code:
    | 'VALIDATION_ERROR'
    | 'UNAUTHORIZED'
    | 'FORBIDDEN'
    | 'SESSION_NOT_FOUND'
    | 'NOT_JOINED'
    | 'RATE_LIMIT_EXCEEDED'
    | 'MESSAGE_TOO_LARGE'
    | 'UNAVAILABLE'
    | 'INTERNAL_ERROR';
  /**
   * The reason, in words.
   */
  error: string;
  /**
   * A sentence to show.
   */
  message: string;
  timestamp: string;
}
/**
 * The token was good.
 */
export interface ConnectionSuccess {
  /**
   * A sentence to show.
   */
  message: string;
  timestamp: string;
  /**
   * Who the token says it is.
   */
  userId: string;
}
/**
 * What one could answer to what was said.
 */
export interface ResponsesSuggestions {
  /**
   * What was said.
   */
  forText: string;
  /**
   * Counts up for each user of a session; nothing of an older one comes after a newer one.
   */
  generation: number;
  /**
   * Who made them.
   */
  metadata: {
    /**
     * `builtin` for rules, `openai` for a model, `backend` for a publisher.
     */
    provider: string;
  };
  /**
   * One to three; a later event of the same generation may have more.
   *
   * Items: Something one could answer.
   */
  responses: {
    /**
     * How well it fits, 0 to 1.
     */
    confidence?: number | null;
    /**
     * The answer, or its outline.
     */
    text: string;
    /**
     * How it sounds, such as `structured`.
     */
    tone?: string | null;
  }[];
  timestamp: string;
}
/**
 * Why something was not done; it is told as the error of its family.
 */
export interface SessionError {
  /**
   * The stable code.
   */
  code:
    | 'VALIDATION_ERROR'
    | 'UNAUTHORIZED'
    | 'FORBIDDEN'
    | 'SESSION_NOT_FOUND'
    | 'NOT_JOINED'
    | 'RATE_LIMIT_EXCEEDED'
    | 'MESSAGE_TOO_LARGE'
    | 'UNAVAILABLE'
    | 'INTERNAL_ERROR';
  /**
   * More about it, where there is more to say.
   */
  error?: string | null;
  /**
   * The offending field, where there is one.
   */
  field?: string | null;
  /**
   * A sentence to show.
   */
  message: string;
  /**
   * The request it is about; of transcriptions only.
   */
  requestId?: string | null;
  /**
   * Milliseconds after which it may work.
   */
  retryAfterMs?: number | null;
  /**
   * The session it is about; of transcriptions only.
   */
  sessionId?: string | null;
  timestamp: string;
}
/**
 * The answer to `session:join`.
 */
export interface SessionJoined {
  /**
   * The session.
   */
  sessionId: string;
  /**
   * How it stands.
   */
  stats: {
    /**
     * People in the session, oneself included.
     */
    connectedUsers: number;
    /**
     * When it was made, ISO 8601.
     */
    createdAt: string;
    /**
     * When anybody in it last did something, ISO 8601.
     */
    lastActivity: string;
    /**
     * Who made it.
     */
    ownerId: string;
    /**
     * What it is doing.
     */
    status: 'active' | 'paused' | 'recording' | 'processing' | 'ended';
  };
  timestamp: string;
}
/**
 * The connection is in the session no more.
 */
export interface SessionLeft {
  /**
   * The session.
   */
  sessionId: string;
  timestamp: string;
}
/**
 * The session does something else now.
 */
export interface SessionStatusUpdated {
  /**
   * What they said of it.
   */
  message?: string | null;
  /**
   * What it does.
   */
  status: 'active' | 'paused' | 'recording' | 'processing' | 'ended';
  timestamp: string;
  /**
   * Who said so; none where it ended for want of activity.
   */
  userId?: string | null;
}
/**
 * A request was worked on; its results came before.
 */
export interface TranscriptionCompleted {
  /**
   * The request.
   */
  requestId: string;
  timestamp: string;
}
/**
 * Why something was not done; it is told as the error of its family.
 */
export interface TranscriptionError {
  /**
   * The stable code.
   */
  code:
    | 'VALIDATION_ERROR'
    | 'UNAUTHORIZED'
    | 'FORBIDDEN'
    | 'SESSION_NOT_FOUND'
    | 'NOT_JOINED'
    | 'RATE_LIMIT_EXCEEDED'
    | 'MESSAGE_TOO_LARGE'
    | 'UNAVAILABLE'
    | 'INTERNAL_ERROR';
  /**
   * More about it, where there is more to say.
   */
  error?: string | null;
  /**
   * The offending field, where there is one.
   */
  field?: string | null;
  /**
   * A sentence to show.
   */
  message: string;
  /**
   * The request it is about; of transcriptions only.
   */
  requestId?: string | null;
  /**
   * Milliseconds after which it may work.
   */
  retryAfterMs?: number | null;
  /**
   * The session it is about; of transcriptions only.
   */
  sessionId?: string | null;
  timestamp: string;
}
/**
 * A request is being worked on.
 */
export interface TranscriptionProcessing {
  /**
   * The request.
   */
  requestId: string;
  /**
   * Always `processing`.
   */
  status: string;
  timestamp: string;
}
/**
 * What somebody said, so far or at last.
 */
export interface TranscriptionResult {
  /**
   * How sure the provider is, 0 to 1.
   */
  confidence: number;
  /**
   * When it ended, likewise; of a partial result, how far it reaches.
   */
  endTime: number;
  /**
   * Whether it is the last of its utterance.
   */
  isFinal: boolean;
  /**
   * The utterance; its partial results and its final one share it.
   */
  itemId: string;
  /**
   * The language, such as `en`.
   */
  language: string;
  /**
   * Who made it, and how.
   */
  metadata: {
    /**
     * How it came to be.
     */
    processingMode: 'realtime' | 'request';
    /**
     * The provider: `builtin`, `openai`, `command`, or a name that the backend gives.
     */
    provider: string;
  };
  /**
   * The utterance that began before it in this session; `null` for the first.
   */
  previousItemId?: string | null;
  /**
   * The request it answers.
   */
  requestId?: string | null;
  /**
   * The session.
   */
  sessionId: string;
  /**
   * When it began, in milliseconds since the session's start.
   */
  startTime: number;
  /**
   * What was said.
   */
  text: string;
  timestamp: string;
  /**
   * Who spoke.
   */
  userId: string;
}
/**
 * From now on what somebody says is transcribed.
 */
export interface TranscriptionStarted {
  /**
   * The session.
   */
  sessionId: string;
  timestamp: string;
  /**
   * Who.
   */
  userId: string;
}
/**
 * What somebody says is transcribed no more; their last final result came before.
 */
export interface TranscriptionStopped {
  /**
   * The session.
   */
  sessionId: string;
  timestamp: string;
  /**
   * Who.
   */
  userId: string;
}
/**
 * Somebody dropped five seconds ago and did not come back.
 */
export interface UserDisconnected {
  timestamp: string;
  /**
   * Who.
   */
  userId: string;
}
/**
 * Somebody came.
 */
export interface UserJoined {
  timestamp: string;
  /**
   * Who.
   */
  userId: string;
  /**
   * Their display name.
   */
  userName: string;
}
/**
 * Somebody left.
 */
export interface UserLeft {
  timestamp: string;
  /**
   * Who.
   */
  userId: string;
}
export interface AudioStreamRequest {
  /**
   * For the description: what audio may look like.
   */
  audioData:
    | string
    | {
        /**
         * Always `true`.
         */
        _placeholder: boolean;
        /**
         * Which attachment.
         */
        num: number;
      };
  channels?: 1 | 2;
  /**
   * How audio is packed.
   */
  format: 'webm' | 'ogg' | 'wav' | 'pcm16';
  sampleRate: number;
  /**
   * For the description: what a sender's time may look like.
   */
  timestamp?: string | number;
}
export interface SessionJoinRequest {
  sessionId: string;
  /**
   * For the description: what a sender's time may look like.
   */
  timestamp?: string | number;
}
export interface SessionLeaveRequest {}
export interface SessionStatusRequest {
  message?: string;
  /**
   * What a session is doing.
   */
  status: 'active' | 'paused' | 'recording' | 'processing' | 'ended';
  /**
   * For the description: what a sender's time may look like.
   */
  timestamp?: string | number;
}
export interface TranscriptionRequestRequest {
  /**
   * For the description: what audio may look like.
   */
  audioData:
    | string
    | {
        /**
         * Always `true`.
         */
        _placeholder: boolean;
        /**
         * Which attachment.
         */
        num: number;
      };
  channels?: 1 | 2;
  /**
   * How audio is packed.
   */
  format: 'webm' | 'ogg' | 'wav' | 'pcm16';
  requestId?: string;
  sampleRate: number;
  /**
   * For the description: what a sender's time may look like.
   */
  timestamp?: string | number;
}
export interface TranscriptionStartRequest {
  language?: string;
  /**
   * For the description: what a sender's time may look like.
   */
  timestamp?: string | number;
}
export interface TranscriptionStopRequest {}
export interface ToClient {
  'audio:error': AudioError;
  'audio:quality': AudioQuality;
  'audio:received': AudioReceived;
  'connection:error': ConnectionError;
  'connection:success': ConnectionSuccess;
  'responses:suggestions': ResponsesSuggestions;
  'session:error': SessionError;
  'session:joined': SessionJoined;
  'session:left': SessionLeft;
  'session:status:updated': SessionStatusUpdated;
  'transcription:completed': TranscriptionCompleted;
  'transcription:error': TranscriptionError;
  'transcription:processing': TranscriptionProcessing;
  'transcription:result': TranscriptionResult;
  'transcription:started': TranscriptionStarted;
  'transcription:stopped': TranscriptionStopped;
  'user:disconnected': UserDisconnected;
  'user:joined': UserJoined;
  'user:left': UserLeft;
}
export interface ToServer {
  'audio:stream': AudioStreamRequest;
  'session:join': SessionJoinRequest;
  'session:leave': SessionLeaveRequest;
  'session:status': SessionStatusRequest;
  'transcription:request': TranscriptionRequestRequest;
  'transcription:start': TranscriptionStartRequest;
  'transcription:stop': TranscriptionStopRequest;
}
